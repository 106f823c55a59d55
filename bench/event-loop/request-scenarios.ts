import {OWNER} from '../../test/demonstrations/population.ts';
import {delegateChain} from '../../test/support/delegate.ts';
import {controller} from '../../test/support/did-key.ts';
import {rootCapabilityId} from '../../test/support/signed-request.ts';
import type {Json, Place} from './place.ts';
import type {Scenario} from './scenario.ts';

const LONGEST_CHAIN = 9;
const RSA = 'urn:webkms:multikey:RSA-4096';
const exportable = {policy: {exportable: true}};

/** Twice each: what was read once is known. */
const read = (name: string, urlOf: (filled: Parameters<Scenario['prepare']>[1]) => string): Scenario => ({
  name,
  prepare: async (place, filled) => async () => {
    for (let time = 0; time < 2; time++) await place.get(urlOf(filled));
  },
});

const post = (
  name: string,
  what: (place: Place, filled: Parameters<Scenario['prepare']>[1]) => readonly [string, string, Json?],
): Scenario => ({
  name,
  prepare: async (place, filled) => () => place.post(...what(place, filled)),
});

const lists: readonly Scenario[] = [
  read('list 1000 ML-DSA-87 keys', ({large}) => `${large}/keys?limit=1000`),
  read('list 1000 ML-DSA-87 keys with metadata', ({large}) => `${large}/keys?limit=1000&include=metadata`),
  read('list 1000 revocations', ({large}) => `${large}/zcaps/revocations?limit=1000`),
  {
    name: 'list 1000 keystores',
    prepare: async (place, {lister}) => {
      const client = place.client();
      const url = `${place.baseUrl}/kms/keystores?limit=1000&controller=${encodeURIComponent(lister.did)}`;
      const capability = rootCapabilityId(`${place.baseUrl}/kms/keystores`);
      return async () => {
        const {status, text} = await client.send(
          place.request({url, action: 'read', method: 'GET', signer: lister, capability}),
        );
        if (status !== 200) throw new Error(`Refused with ${status}: ${text}`);
      };
    },
  },
];

const versions: readonly Scenario[] = [
  read('list keys of 1000 versions', ({manyVersionsKeystore}) => `${manyVersionsKeystore}/keys?limit=1000`),
  read('read a key of 1000 versions', ({manyVersions}) => manyVersions.signing),
  read(
    'read a key of 1000 versions with metadata',
    ({manyVersions}) => `${manyVersions.signing}?include=metadata`,
  ),
  post('sign with a key of 1000 versions', (_, {manyVersions}) => [
    'SignOperation',
    manyVersions.signing,
    {verifyData: 'AAAA'},
  ]),
  post('verify with a key of 1000 versions', (_, {manyVersions}) => [
    'VerifyOperation',
    manyVersions.signing,
    {verifyData: 'AAAA', signatureValue: Buffer.alloc(4627).toString('base64url')},
  ]),
  post('unwrap with a key of 1000 versions', (_, {manyVersions}) => [
    'UnwrapKeyOperation',
    manyVersions.wrapping,
    {wrappedKey: Buffer.alloc(40).toString('base64url')},
  ]),
  post('batch of SignOperation with a key of 1000 versions', (_, {manyVersions}) => [
    'BatchOperation',
    manyVersions.signing,
    {operation: 'SignOperation', items: Array.from({length: 40}, () => ({verifyData: 'AAAA'}))},
  ]),
  post('update a key of 1000 versions', (_, {manyVersions}) => [
    'UpdateKeyOperation',
    manyVersions.signing,
    {tags: {at: String(Date.now())}},
  ]),
  post('disable a version of 1000', (_, {manyVersions}) => [
    'UpdateKeyOperation',
    manyVersions.encrypting,
    {description: String(Date.now())},
  ]),
];

async function inTurn(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < count; time++) await work();
}

const transport: readonly Scenario[] = [
  {
    name: 'import and export rsa4096, in clear',
    prepare: async (place) => {
      const key = await place.generate(RSA, exportable);
      const {jwk} = await place.post('ExportKeyOperation', key, {plaintext: true});
      return () =>
        place.times(8, async () => {
          await place.post('ExportKeyOperation', key, {plaintext: true});
          const members = {
            invocationTarget: {type: RSA, ...exportable},
            keyMaterial: {format: 'jwk', jwk},
          };
          await place.post('ImportKeyOperation', `${place.keystore}/keys`, members);
        });
    },
  },
  {
    name: 'import and export rsa4096, wrapped',
    prepare: async (place) => {
      const key = await place.generate(RSA, exportable);
      const url = `${place.keystore}/keys`;
      // A keystore makes one wrapping key at a time.
      return () =>
        inTurn(8, async () => {
          const {publicKey, importToken} = await place.post('GetImportParametersOperation', url, {
            invocationTarget: {type: 'ImportParameters'},
          });
          const {wrappedKey, encryptedWrappingKey, format} = await place.post('ExportKeyOperation', key, {
            recipient: {publicKey},
          });
          const keyMaterial = {format, importToken, wrappedKey, encryptedWrappingKey};
          await place.post('ImportKeyOperation', url, {
            invocationTarget: {type: RSA, ...exportable},
            keyMaterial,
          });
        });
    },
  },
];

/** Each capability is seen for the first time; all are made before. */
function coldChain(links: number): Scenario {
  return {
    name: `sign by ${links} delegation${links === 1 ? '' : 's'}, cold`,
    prepare: async (place) => {
      const key = await place.generate('Ed25519VerificationKey2020');
      const root = rootCapabilityId(place.keystore);
      const holders = [OWNER, ...Array.from({length: links}, (_, index) => controller(`holder ${index}`))];
      const signer = holders[links] ?? OWNER;
      const client = place.client();
      const make = async () =>
        (await delegateChain({root, holders, allowedAction: ['sign'], invocationTarget: key})).at(-1);
      const capabilities = await Promise.all(Array.from({length: 3 * 8}, make));
      return async () => {
        for (const capability of capabilities.splice(0, 8)) {
          const json = {type: 'SignOperation', invocationTarget: key, verifyData: 'AAAA'};
          const request = place.request({
            url: key,
            json,
            action: 'sign',
            signer,
            capability: capability ?? '',
          });
          const {status, text} = await client.send(request);
          if (status !== 200) throw new Error(`Refused with ${status}: ${text}`);
        }
      };
    },
  };
}

const hostile: readonly Scenario[] = [
  {
    name: 'junk of the largest size',
    prepare: async (place) => {
      const key = await place.generate('Ed25519VerificationKey2020');
      const client = place.client();
      // The most values that JSON of that length has.
      const bodies = [`[${'0,'.repeat(50_000)}0]`, `{"a":"${'x'.repeat(101_000)}"}`, '['.repeat(100_000)];
      return async () => {
        for (const body of bodies) {
          const {status} = await client.send(place.request({url: key, body, action: 'sign'}));
          if (status !== 400) throw new Error(`Answered with ${status}.`);
        }
      };
    },
  },
  post('a batch of items that are refused, with a key of 1000 versions', (_, {manyVersions}) => [
    'BatchOperation',
    manyVersions.encrypting,
    {
      operation: 'DecryptOperation',
      items: Array.from({length: 100}, () => ({ciphertext: 'webkms:v1:AAAA'})),
    },
  ]),
];

export const REQUEST_SCENARIOS: readonly Scenario[] = [
  ...lists,
  ...versions,
  ...transport,
  ...[1, 3, LONGEST_CHAIN].map(coldChain),
  ...hostile,
];
