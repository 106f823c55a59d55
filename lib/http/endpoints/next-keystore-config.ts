import type {UpdateKeystoreConfigBody} from '../../../schemas/keystores.ts';
import {InvalidStateError, KeystoreSequenceError} from '../../errors.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';

/**
 * What a keystore's config becomes. What cannot change may be left out and then stays; an `ipAllowList` that is left
 * out is cleared.
 * @throws KeystoreSequenceError where `update.sequence` is not the stored one's successor.
 * @throws InvalidStateError where `kmsModule` or `meterId` would change.
 */
export function nextKeystoreConfig(stored: KeystoreConfig, update: UpdateKeystoreConfigBody): KeystoreConfig {
  const expected = stored.sequence + 1;
  if (update.sequence !== expected) {
    throw new KeystoreSequenceError(
      `The "sequence" must be ${expected}, one more than the stored config's.`,
      {
        details: {expected, actual: update.sequence},
      },
    );
  }
  assertUnchanged('kmsModule', stored, update);
  assertUnchanged('meterId', stored, update);
  const {id, sequence, controller, ipAllowList} = update;
  const {kmsModule, meterId} = stored;
  return {
    id,
    sequence,
    controller,
    kmsModule,
    ...(meterId !== undefined && {meterId}),
    ...(ipAllowList && {ipAllowList}),
  };
}

function assertUnchanged(
  name: 'kmsModule' | 'meterId',
  stored: KeystoreConfig,
  update: UpdateKeystoreConfigBody,
): void {
  if (update[name] === undefined || update[name] === stored[name]) return;
  throw new InvalidStateError(`The "${name}" of a keystore cannot be changed.`);
}
