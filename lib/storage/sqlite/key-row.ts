import {macColumns} from './mac-columns.ts';

/** In the row of a key's first version alone: a key of a thousand versions would be read a thousand times over. */
const inFirstRow = (column: string): string => `iif(v.version = 1, r.${column}, NULL)`;

/** For a key selected as `r`, joined with its versions as `v`: whole in the first row, which is that of version 1. */
export const KEY_COLUMNS = `r.local_id AS localKeyId, r.sequence, r.type, r.created_at AS createdAt,
  r.updated_at AS updatedAt, r.origin, r.state, r.deletion_requested_at AS requestedAt, r.destroy_at AS destroyAt,
  r.restores_to AS restoresTo, r.key_ops AS keyOps, ${inFirstRow('tags')} AS tags, ${inFirstRow('policy')} AS policy,
  ${inFirstRow('description')} AS description, r.due_at AS dueAt,
  r.max_capability_chain_length AS maxCapabilityChainLength, ${inFirstRow('public_alias')} AS publicAlias,
  ${inFirstRow('public_alias_template')} AS publicAliasTemplate, ${macColumns('r')}`;
