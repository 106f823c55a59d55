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

export const openKms = ({dataDir, storage}: Place, keystoreId?: string): Promise<LocalKms> =>
  LocalKms.open({
    ...{dataDir, controller: CONTROLLER, environment: {WEBKMS_STORAGE: storage}},
    ...(keystoreId !== undefined && {keystoreId}),
  });

/** What was made, for a comparison later. */
export interface Made {
  readonly keystoreIds: readonly string[];
  /** URLs of keys that sign. */
  readonly signing: readonly string[];
  /** Of the first keystore's keys, in order. */
  readonly listed: readonly string[];
}

/** Of the keys, those that are there when everything is sealed anew. */
const SEALED_ANEW = 50;

/** Fills an SQLite store by all ways that there are, with `keys` keys and some more. */
export async function makeEverything(place: Place, keys: number): Promise<Made> {
  const signing: string[] = [];
  const environment = {WEBKMS_STORAGE: place.storage};
  const open = (controller: string) => LocalKms.open({dataDir: place.dataDir, controller, environment});
  const keystoreIds = [
    await makeOneOfEach(await open('did:example:bob')),
    await makeOneOfEach(await open(CONTROLLER), signing),
  ];
  const makeKeys = async (count: number): Promise<void> => {
    const kms = await open(CONTROLLER);
    for (let made = 0; made < count; made++) signing.push((await kms.createKey('ed25519')).kid);
    await kms.destroy();
  };
  await makeKeys(SEALED_ANEW);
  const options = {dataDir: place.dataDir, environment};
  await admin(['root', 'add', 'shamir:2-of-3'], options);
  await admin(['root', 'add', `file:${place.dataDir}/second.key`], options);
  await admin(['rotate', '--all', '--rewrap', '--prune'], options);
  await admin(['rotate', '--all'], options);
  await makeKeys(keys - SEALED_ANEW);
  await addOthers(place, keystoreIds);
  return {keystoreIds, signing, listed: await listKeys(place)};
}

/** @returns the keystore's URL */
async function makeOneOfEach(kms: LocalKms, signing: string[] = []): Promise<string> {
  const {kid} = await kms.createKey('ed25519', {name: 'first', tags: {stage: 'a'}, description: 'é'});
  signing.push(kid);
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

export async function listKeys(place: Place): Promise<readonly string[]> {
  const kms = await openKms(place);
  const keys: string[] = [];
  for await (const {kid} of kms.listKeys()) keys.push(kid);
  await kms.destroy();
  return keys;
}

/** Every key signs, by its own public key; keys come in the order that they had. */
export async function expectAllWorks(place: Place, {signing, listed}: Made): Promise<void> {
  const kms = await openKms(place);
  const found: string[] = [];
  for await (const {kid} of kms.listKeys()) found.push(kid);
  expect(found).to.deep.equal(listed);
  const publicKeys = new Map((await kms.getPublicKeys()).map((key) => [key.kid.replace(/\?.*/, ''), key]));
  for (const kid of signing) {
    const {signature} = await kms.sign(kid, DATA);
    expect(await publicKeys.get(kid)?.verify(DATA, signature), kid).to.equal(true);
  }
  await kms.destroy();
}
