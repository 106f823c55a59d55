import {encode} from 'cborg';
import {KEY_TYPES, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';
import {DIGEST_BYTES, SIGNATURE_ALGORITHMS} from '../../lib/keys/key-algorithms.ts';
import type {Json, Place} from './place.ts';
import type {Scenario} from './scenario.ts';

/** All that fits into a body beside what is about it. */
const BODY_BYTES = 100 * 1024 - 500;
const BATCH = 1000;
/** Of BBS, and of digests: each takes long, and by design one at a time. */
const SLOW_BATCH = 5;
/** A signature of ML-DSA-87 fits beside it. */
const LARGEST_DATA = 68 * 1024;
const LARGEST_PLAINTEXT = 64 * 1024;
const BURST = 16;
const USES = 64;

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const isBbs = ({algorithm}: KeyTypeDescriptor): boolean => algorithm.startsWith('BBS');

function data(type: KeyTypeDescriptor, size: 'small' | 'large'): string {
  const bytes = Buffer.alloc(size === 'small' ? 8 : LARGEST_DATA, 1);
  if (!isBbs(type)) return base64url(bytes);
  const messages = size === 'small' ? [bytes] : Array.from({length: 128}, () => Buffer.alloc(500, 1));
  return base64url(encode([new Uint8Array(), messages]));
}

/** A batch of as many items as there may be, and fit. */
function batch(type: KeyTypeDescriptor, operation: string, item: Json): Json {
  const isSlow = isBbs(type) || ('digest' in item && type.algorithm !== 'ECDSA-P-256');
  const most = Math.floor(BODY_BYTES / (JSON.stringify(item).length + 1));
  const length = Math.min(isSlow ? SLOW_BATCH : BATCH, most);
  return {operation, items: Array.from({length}, () => item)};
}

/** One kind of use: by itself again and again, and in a batch. */
function uses(
  type: KeyTypeDescriptor,
  operation: string,
  makeItem: (place: Place, key: string) => Promise<Json> | Json,
  what = '',
): Scenario[] {
  const name = `${operation}${what} ${type.shortName ?? type.name}`;
  const count = isBbs(type) ? 1 : USES;
  return [
    {
      name,
      prepare: async (place) => {
        const key = await place.generate(type.name);
        const item = await makeItem(place, key);
        return () => place.times(count, () => place.post(operation, key, item));
      },
    },
    {
      name: `batch of ${name}`,
      prepare: async (place) => {
        const key = await place.generate(type.name);
        const members = batch(type, operation, await makeItem(place, key));
        return () => place.post('BatchOperation', key, members);
      },
    },
  ];
}

function signatures(type: KeyTypeDescriptor): Scenario[] {
  const sign = async (place: Place, key: string, members: Json): Promise<Json> => ({
    ...members,
    ...(await place.post('SignOperation', key, members)),
  });
  const small = {verifyData: data(type, 'small')};
  const large = {verifyData: data(type, 'large')};
  const {hash} = SIGNATURE_ALGORITHMS[type.signatureAlgorithms?.[0] ?? 'EdDSA'];
  const digest = hash && {digest: base64url(Buffer.alloc(DIGEST_BYTES[hash], 1)), hashAlgorithm: hash};
  return [
    ...uses(type, 'SignOperation', () => small),
    ...uses(type, 'VerifyOperation', (place, key) => sign(place, key, small)),
    ...uses(type, 'SignOperation', () => large, ' of the largest data,').slice(0, 1),
    ...uses(type, 'VerifyOperation', (place, key) => sign(place, key, large), ' of the largest data,').slice(
      0,
      1,
    ),
    ...(digest ? uses(type, 'SignOperation', () => digest, ' of a digest,') : []),
    ...(digest
      ? uses(type, 'VerifyOperation', (place, key) => sign(place, key, digest), ' of a digest,')
      : []),
  ];
}

function encryption(type: KeyTypeDescriptor): Scenario[] {
  const isRsa = type.algorithm.startsWith('RSA');
  const plaintexts: readonly [string, Json][] = [
    ['', {plaintext: 'AAAA'}],
    ...(isRsa ? [] : [[' of the most,', {plaintext: base64url(Buffer.alloc(LARGEST_PLAINTEXT))}] as const]),
  ] as [string, Json][];
  return plaintexts.flatMap(([what, plaintext]) => {
    const encrypted = (place: Place, key: string): Promise<Json> =>
      place.post('EncryptOperation', key, plaintext);
    return [
      ...uses(type, 'EncryptOperation', () => plaintext, what),
      ...uses(type, 'DecryptOperation', encrypted, what),
      ...uses(type, 'RewrapOperation', encrypted, what),
    ];
  });
}

function wrapping(type: KeyTypeDescriptor): Scenario[] {
  return [16, LARGEST_PLAINTEXT].flatMap((length) => {
    const unwrapped = {unwrappedKey: base64url(Buffer.alloc(length, 1))};
    const what = length === 16 ? '' : ' of the most,';
    return [
      ...uses(type, 'WrapKeyOperation', () => unwrapped, what),
      ...uses(
        type,
        'UnwrapKeyOperation',
        (place, key) => place.post('WrapKeyOperation', key, unwrapped),
        what,
      ),
    ];
  });
}

function agreement(type: KeyTypeDescriptor): Scenario[] {
  const peer = async (place: Place, key: string): Promise<Json> => {
    const {type: descriptionType, publicKeyMultibase} = await place.get(key);
    return {publicKey: {type: descriptionType, publicKeyMultibase}};
  };
  return uses(type, 'DeriveSecretOperation', peer);
}

function encapsulation(type: KeyTypeDescriptor): Scenario[] {
  const encapsulated = async (place: Place, key: string): Promise<Json> => {
    const {ciphertext} = await place.post('EncapsulateOperation', key);
    return {ciphertext};
  };
  return [
    ...uses(type, 'EncapsulateOperation', () => ({})).slice(0, 1),
    ...uses(type, 'DecapsulateOperation', encapsulated).slice(0, 1),
  ];
}

/** As many at once as a keystore may have in the queue of slow ones. */
function making(type: KeyTypeDescriptor): Scenario[] {
  const name = type.shortName ?? type.name;
  const burst = isBbs(type) || type.algorithm.startsWith('RSA') ? 2 : BURST;
  return [
    {
      name: `generate ${name}, in a burst`,
      prepare: async (place) => () =>
        Promise.all(Array.from({length: burst}, () => place.generate(type.name))),
    },
    {
      name: `rotate ${name}`,
      prepare: async (place) => {
        const keys = await Promise.all(Array.from({length: burst}, () => place.generate(type.name)));
        return () => place.times(burst, (index) => place.post('RotateKeyOperation', keys[index] ?? ''));
      },
    },
  ];
}

function scenariosOf(type: KeyTypeDescriptor): Scenario[] {
  const does = (operation: (typeof type.operations)[number]): boolean => type.operations.includes(operation);
  return [
    ...making(type),
    ...(does('sign') ? signatures(type) : []),
    ...(does('encrypt') ? encryption(type) : []),
    ...(does('wrapKey') ? wrapping(type) : []),
    ...(does('deriveSecret') ? agreement(type) : []),
    ...(does('encapsulate') ? encapsulation(type) : []),
  ];
}

/** Every operation of every key type, of those that have a name for people: the others are the same under another name. */
export const KEY_SCENARIOS: readonly Scenario[] = Object.values(KEY_TYPES)
  .filter(({shortName}) => shortName !== undefined)
  .flatMap(scenariosOf);
