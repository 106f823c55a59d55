import {KeySequenceError} from '../errors.ts';
import {describeKey} from '../keys/key-description.ts';
import {keyUrl} from '../keys/key-url.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyRecordStore} from '../storage/key-record-store.ts';
import {findKey, type KeyRequest} from './find-key.ts';

/** Of so many who change a key at once, each gets to. */
const MAX_ATTEMPTS = 50;

export interface ChangeOptions<Next extends KeyRecord | undefined> {
  readonly keys: KeyRecordStore;
  readonly request: KeyRequest;
  /** What the record becomes, or undefined where it stays; called again where another change came first. */
  readonly change: (record: KeyRecord) => Next | Promise<Next>;
  /** Called once, after all that can be refused without it. */
  readonly acceptOnce?: () => Promise<void>;
  /** Only while the keystore is what it was when this was authorised. */
  readonly keystoreSequence?: number;
}

/**
 * Changes a key by compare and swap: what was judged is what is replaced.
 * @returns the record as it is stored, or undefined where it stayed as it was.
 * @throws KeySequenceError where others never stop changing it. @throws as `change`, `findKey`, `admit` and the store's `update`
 */
export async function changeKey<Next extends KeyRecord | undefined>({
  keys,
  request,
  change,
  acceptOnce,
  keystoreSequence,
}: ChangeOptions<Next>): Promise<Next> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await findKey(keys, request);
    const next = await change(found);
    if (!next) return next;
    admitLongerChains(found, next, request);
    if (hasAnotherAlias(found, next)) assertDescribable(next, request);
    if (attempt === 1) await acceptOnce?.();
    try {
      const changedVersions = versionsThatChanged(found, next);
      await keys.update(next, {
        ...(keystoreSequence !== undefined && {keystoreSequence}),
        changedVersions,
      });
      return next;
    } catch (error) {
      if (!(error instanceof KeySequenceError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** How far a key may be delegated its controllers say: a delegate who may update it does not lift the bound that binds it. */
function admitLongerChains(found: KeyRecord, next: KeyRecord, {admit}: KeyRequest): void {
  const bound = ({maxCapabilityChainLength = Infinity}: KeyRecord): number => maxCapabilityChainLength;
  if (bound(next) > bound(found)) admit({...found, maxCapabilityChainLength: 1});
}

/** A change leaves the versions that it does not touch the very objects that they were. */
function versionsThatChanged(found: KeyRecord, next: KeyRecord): readonly number[] {
  const unchanged = new Set(found.versions);
  return next.versions.filter((version) => !unchanged.has(version)).map(({version}) => version);
}

function hasAnotherAlias(found: KeyRecord, next: KeyRecord): boolean {
  return found.publicAlias !== next.publicAlias || found.publicAliasTemplate !== next.publicAliasTemplate;
}

/** What an alias template gives is known only with the key. @throws MalformedRequestError */
function assertDescribable(record: KeyRecord, {keystore}: KeyRequest): void {
  if (record.state === 'deleted') return;
  const keyId = keyUrl(record);
  describeKey({keyId, keystoreController: keystore.controller, record});
}
