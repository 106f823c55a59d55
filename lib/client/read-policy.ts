import type {KeyPolicyJson} from './kms.ts';
import type {Reply} from './reply.ts';

const FLAGS = ['exportable', 'deletionProtection', 'destroyUsableVersions'] as const;
const COUNTS = [
  'minDeletionWindowSeconds',
  'minVersions',
  'maxVersions',
  'minDecryptVersion',
  'maxDataBytes',
] as const;
const LISTS = ['allowedOperations', 'allowedAlgorithms'] as const;

/** Reads a policy as it is on the wire: docs/keys.md. @throws UnexpectedReplyError */
export function readPolicy(policy: Reply): KeyPolicyJson {
  return {
    ...present(policy, LISTS, (name) => policy.texts(name)),
    ...present(policy, FLAGS, (name) => policy.flag(name)),
    ...present(policy, COUNTS, (name) => policy.count(name)),
    ...present(policy, ['rotation'], (name) => {
      const rotation = policy.object(name);
      return present(rotation, ['afterSeconds', 'afterUses'], (count) => rotation.count(count, 1));
    }),
    ...present(policy, ['usageWindow'], (name) => {
      const usageWindow = policy.object(name);
      return present(usageWindow, ['notBefore', 'notAfter'], (time) => usageWindow.text(time));
    }),
    ...present(policy, ['rate'], (name) => {
      const rate = policy.object(name);
      return {uses: rate.count('uses', 1), perSeconds: rate.count('perSeconds', 1)};
    }),
  };
}

function present<Name extends string, T>(
  reply: Reply,
  names: readonly Name[],
  read: (name: Name) => T,
): Partial<Record<Name, T>> {
  const entries = names.filter((name) => reply.has(name)).map((name) => [name, read(name)] as const);
  return Object.fromEntries(entries) as Partial<Record<Name, T>>;
}
