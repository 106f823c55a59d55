import type {KeyInfo} from '../../client/kms.ts';

/** A key as `info`, and every command with `--json`, prints it. */
export function keyJson(key: KeyInfo): Readonly<Record<string, unknown>> {
  const tags = Object.fromEntries(Object.entries(key.tags ?? {}).filter(([tag]) => tag !== 'name'));
  return {
    name: keyName(key),
    id: key.kid,
    type: key.shortName,
    status: key.state,
    current_version: key.currentVersion,
    versions: key.versions.map(({version, createdAt, status, publicKeyMultibase, uses, x5c}) => ({
      version,
      created_at: createdAt,
      status,
      ...(uses !== undefined && {uses}),
      ...(publicKeyMultibase !== undefined && {public_key_multibase: publicKeyMultibase}),
      ...(x5c !== undefined && {x5c}),
    })),
    created_at: key.createdAt,
    updated_at: key.updatedAt,
    origin: key.origin,
    operations: key.operations,
    ...(key.algorithms && {algorithms: key.algorithms}),
    ...(key.kmsModule !== undefined && {kms_module: key.kmsModule}),
    // The module could, and the policy lets it.
    ...(key.extractable !== undefined && {
      extractable: key.extractable && key.policy?.exportable === true,
    }),
    ...(key.keyOps && {key_ops: key.keyOps}),
    ...(key.description !== undefined && {description: key.description}),
    ...(Object.keys(tags).length > 0 && {tags}),
    ...(key.policy && {policy: key.policy}),
    ...(key.maxCapabilityChainLength !== undefined && {
      max_capability_chain_length: key.maxCapabilityChainLength,
    }),
    ...(key.deletion && {
      deletion: {requested_at: key.deletion.requestedAt, destroy_at: key.deletion.destroyAt},
    }),
    ...(key.warnings && {warnings: key.warnings}),
  };
}

/** What people call a key; its URL, where nobody gave it a name. */
export function keyName({kid, tags}: Pick<KeyInfo, 'kid' | 'tags'>): string {
  return (tags && Object.hasOwn(tags, 'name') ? tags['name'] : undefined) ?? kid;
}
