import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {LocalKms} from '../../lib/client/local/local-kms.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {makeRevocation} from '../storage/records.ts';
import {admin} from '../support/admin-command.ts';

export const CONTROLLER = 'did:example:alice';
const DATA = Buffer.from('to be signed');

export interface Place {
  readonly dataDir: string;
  /** WEBKMS_STORAGE. */
  readonly storage: string;
}

const openKms = ({dataDir, storage}: Place, controller: string): Promise<LocalKms> =>
  LocalKms.open({dataDir, controller, environment: {WEBKMS_STORAGE: storage}});

/** What was made of one controller, for a comparison later: URLs of keys, in order of creation. */
interface MadeKeys {
  readonly controller: string;
  readonly signing: readonly string[];
  readonly listed: readonly string[];
}

export type Made = readonly MadeKeys[];

/** No more than the quota. */
const KEYS_PER_KEYSTORE = 5000;
/** Of the keys, those that are there when everything is sealed anew. */
const SEALED_ANEW = 50;

/** Fills an SQLite store by all ways that there are, with `keys` keys and some more. */
export async function makeEverything(place: Place, keys: number): Promise<Made> {
  const signing = new Map<string, string[]>();
  const makeKeys = async (controller: string, count: number): Promise<void> => {
    const kms = await openKms(place, controller);
    const made = signing.get(controller) ?? [];
    signing.set(controller, made);
    for (let done = 0; done < count; done++) made.push((await kms.createKey('ed25519')).kid);
    await kms.destroy();
  };
  const keystoreIds = [await makeOneOfEach(await openKms(place, 'did:example:bob'))];
  keystoreIds.push(await makeOneOfEach(await openKms(place, CONTROLLER)));
  await makeKeys(CONTROLLER, SEALED_ANEW);
  const options = {dataDir: place.dataDir, environment: {WEBKMS_STORAGE: place.storage}};
  await admin(['root', 'add', 'shamir:2-of-3'], options);
  await admin(['root', 'add', `file:${place.dataDir}/second.key`], options);
  await admin(['rotate', '--all', '--rewrap', '--prune'], options);
  await admin(['rotate', '--all'], options);
  for (let left = keys - SEALED_ANEW, number = 0; left > 0; left -= KEYS_PER_KEYSTORE, number++) {
    const controller = number === 0 ? CONTROLLER : `did:example:carol${number}`;
    await makeKeys(controller, Math.min(left, KEYS_PER_KEYSTORE));
  }
  await addOthers(place, keystoreIds);
  const made: MadeKeys[] = [];
  for (const [controller, kids] of signing) {
    made.push({controller, signing: kids, listed: await listKeys(place, controller)});
  }
  return made;
}

/** @returns the keystore's URL */
async function makeOneOfEach(kms: LocalKms): Promise<string> {
  const {kid} = await kms.createKey('ed25519', {name: 'first', tags: {stage: 'a'}, description: 'é'});
  await kms.rotateKey(kid);
  const counted = await kms.createKey('ecdsa-p256', {policy: {rotation: {afterUses: 1_000_000}}});
  await kms.sign(counted.kid, DATA);
  await kms.disableKey((await kms.createKey('aes256')).kid);
  await kms.deleteKey((await kms.createKey('ecdsa-p384')).kid);
  await kms.destroy();
  return kid.replace(/\/keys\/.*/, '');
}

async function addOthers({storage}: Place, keystoreIds: readonly string[]): Promise<void> {
  const stores = await SqliteStores.open({path: storage.slice('sqlite:'.length)});
  const expiresAt = Date.now() + 86_400_000;
  for (const id of keystoreIds) {
    await stores.revocations.insert(makeRevocation(id, {expiresAt}), {});
    await stores.revocations.insert(makeRevocation(id, {expiresAt}), {charge: {to: CONTROLLER, max: 10}});
    await stores.replays.remember(randomBytes(32), {expiresAt});
  }
  await stores.close();
}

async function listKeys(place: Place, controller: string): Promise<readonly string[]> {
  const kms = await openKms(place, controller);
  const keys: string[] = [];
  for await (const {kid} of kms.listKeys()) keys.push(kid);
  await kms.destroy();
  return keys;
}

/** Every key signs, by its own public key; keys come in the order that they had. */
export async function expectAllWorks(place: Place, made: Made): Promise<void> {
  for (const {controller, signing, listed} of made) {
    expect(await listKeys(place, controller)).to.deep.equal(listed);
    const kms = await openKms(place, controller);
    const publicKeys = new Map((await kms.getPublicKeys()).map((key) => [key.kid.replace(/\?.*/, ''), key]));
    for (const kid of signing) {
      const {signature} = await kms.sign(kid, DATA);
      expect(await publicKeys.get(kid)?.verify(DATA, signature), kid).to.equal(true);
    }
    await kms.destroy();
  }
}
