import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Pkcs11Uri} from '../../encoding/pkcs11-uri.ts';
import {CKA, CKK, CKM, CKO} from '../../pkcs11/cryptoki.ts';
import type {Pkcs11Token, TokenObject} from '../../pkcs11/pkcs11-token.ts';
import type {Template} from '../../pkcs11/token-job.ts';
import {KEY_BYTES} from '../aes-gcm-key.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';

type KeyName = Pick<Pkcs11Uri, 'object' | 'id'>;
type Token = Pick<Pkcs11Token, 'description' | 'find' | 'generateKey' | 'destroy'>;

const READ = [CKA.ID, CKA.KEY_TYPE, CKA.VALUE_LEN, CKA.SENSITIVE, CKA.EXTRACTABLE] as const;
const ID_BYTES = 16;
/** Of several who make the same root at the same time, in a token that does not tell them of each other. */
const ATTEMPTS = 5;
const MAX_PAUSE_MS = 300;

/**
 * The AES-256 key of a token that the URI names, which must be one that cannot leave it.
 * @throws RootOfTrustError, `missing` where there is none; UnavailableError; Pkcs11Error
 */
export async function findRootKey(token: Token, name: KeyName): Promise<TokenObject> {
  const [key, other] = await findAll(token, name, 2);
  const where = `in the token ${token.description.label}`;
  if (!key) throw new RootOfTrustError('missing', `There is no secret key ${shown(name)} ${where}.`);
  if (other)
    throw new RootOfTrustError(
      'bad-setting',
      `There are several secret keys ${shown(name)} ${where}. Name one by its id.`,
    );
  const [id, keyType, length, sensitive, extractable] = key.values;
  if (!id || id.length === 0)
    throw new RootOfTrustError('malformed', `The key ${shown(name)} ${where} has no CKA_ID. Give it one.`);
  if (readNumber(keyType) !== CKK.AES || readNumber(length) !== KEY_BYTES)
    throw new RootOfTrustError('malformed', `The key ${shown(name)} ${where} is no AES-256 key.`);
  if (sensitive?.[0] !== 1 || extractable?.[0] !== 0) {
    throw new RootOfTrustError(
      'permissions',
      `The key ${shown(name)} ${where} can be taken out of it: a root of trust must be sensitive and not extractable. Make another one.`,
    );
  }
  return {class: CKO.SECRET_KEY, id};
}

/**
 * Makes an AES-256 key that never leaves the token, under the label that the URI names.
 * @throws RootOfTrustError, `exists` where there is one, also one that somebody makes meanwhile; UnavailableError; Pkcs11Error
 */
export async function makeRootKey(token: Token, name: KeyName): Promise<TokenObject> {
  const where = `in the token ${token.description.label}`;
  const {object} = name;
  if (object === undefined || name.id) {
    throw new RootOfTrustError(
      'missing',
      `There is no secret key ${shown(name)} ${where}, and none is made by an id: name it by object=<label> alone.`,
    );
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if ((await findAll(token, {object}, 1)).length > 0)
      throw new RootOfTrustError('exists', `There is a secret key ${shown({object})} ${where} already.`);
    const key = {class: CKO.SECRET_KEY, id: randomBytes(ID_BYTES)};
    await token.generateKey(key, {mechanism: CKM.AES_KEY_GEN}, template(object));
    if ((await findAll(token, {object}, 2)).length === 1) return key;
    // Others were making theirs: whoever sees two takes back its own, so that there are never two to choose from.
    await token.destroy(key);
    await sleep(Math.random() * MAX_PAUSE_MS);
  }
  throw new RootOfTrustError(
    'unwritable',
    `Others go on making secret keys ${shown({object})} ${where}. Start one server first.`,
  );
}

function findAll(token: Token, {object, id}: KeyName, limit: number): ReturnType<Token['find']> {
  const named: Template = [
    {type: CKA.CLASS, value: CKO.SECRET_KEY},
    {type: CKA.TOKEN, value: true},
    ...(object === undefined ? [] : [{type: CKA.LABEL, value: object}]),
    ...(id ? [{type: CKA.ID, value: id}] : []),
  ];
  return token.find(named, READ, limit);
}

function template(label: string): Template {
  return [
    {type: CKA.TOKEN, value: true},
    {type: CKA.PRIVATE, value: true},
    {type: CKA.SENSITIVE, value: true},
    {type: CKA.EXTRACTABLE, value: false},
    {type: CKA.LABEL, value: label},
    {type: CKA.ENCRYPT, value: true},
    {type: CKA.DECRYPT, value: true},
    ...[CKA.WRAP, CKA.UNWRAP, CKA.SIGN, CKA.VERIFY, CKA.DERIVE].map((type) => ({type, value: false})),
    {type: CKA.VALUE_LEN, value: KEY_BYTES},
  ];
}

/** A CK_ULONG, in this machine's order of bytes. */
function readNumber(bytes: Uint8Array | undefined): number | undefined {
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 8) return Number(view.getBigUint64(0, IS_LITTLE_ENDIAN));
  return bytes.length === 4 ? view.getUint32(0, IS_LITTLE_ENDIAN) : undefined;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function shown({object, id}: KeyName): string {
  const byId = id && `of the id ${Buffer.from(id).toString('hex')}`;
  return [object === undefined ? undefined : JSON.stringify(object), byId].filter(Boolean).join(' ');
}
