import {MalformedRequestError} from '../../errors.ts';
import type {KeyTypeDescriptor} from '../key-types.ts';
import {algorithmIdentifier} from './algorithm-identifier.ts';
import {DER, DerReader} from './der-reader.ts';
import {openPrivateKey, type PrivateKeyForm} from './private-key-object.ts';
import {assertRsaPublicPart, readRsaPrivateKey} from './rsa-private-key.ts';

/** A secret in the `secretForm` of its type, a copy; and its public key where it came with it, as SubjectPublicKeyInfo has it. */
export interface ReadSecret {
  readonly secret: Buffer;
  readonly publicKey?: Buffer;
}

/** Reads what PKCS#8 has as `privateKey`. @throws MalformedRequestError */
export function readPkcs8Secret(type: KeyTypeDescriptor, form: PrivateKeyForm, content: Buffer): ReadSecret {
  switch (form.kty) {
    case 'OKP':
      return {secret: readOctets(new DerReader(content), DER.octetString, 32)};
    case 'EC':
      return readEcPrivateKey(form, content);
    case 'RSA':
      assertRsaPublicPart(readRsaPrivateKey(content), form.modulusBits);
      return {secret: Buffer.from(content)};
    case 'AKP':
      return {secret: readSeed(type, form, content)};
  }
}

/** ECPrivateKey (RFC 5915 §3). */
function readEcPrivateKey(form: PrivateKeyForm & {kty: 'EC'}, content: Buffer): ReadSecret {
  const outer = new DerReader(content);
  const key = outer.readSequence();
  outer.end();
  if (!key.readInteger().equals(Buffer.of(1))) {
    throw new MalformedRequestError('The ECPrivateKey is of an unknown version.');
  }
  const scalar = key.read(DER.octetString);
  const parameters = key.readOptional(DER.constructed0);
  const publicKey = key.readOptional(DER.constructed1);
  key.end();
  // The curve comes after id-ecPublicKey.
  if (parameters && !algorithmIdentifier(form).subarray(-parameters.length).equals(parameters)) {
    throw new MalformedRequestError('The ECPrivateKey names another curve than the PKCS#8.');
  }
  return {
    secret: copy(scalar, form.size),
    ...(publicKey && {publicKey: readWrappedBitString(publicKey)}),
  };
}

function readWrappedBitString(content: Buffer): Buffer {
  const reader = new DerReader(content);
  const bits = reader.readBitString();
  reader.end();
  return bits;
}

/** A seed alone, or with the key that it expands to (RFC 9881 §6, RFC 9935 §6). That key alone has none. */
function readSeed(type: KeyTypeDescriptor, form: PrivateKeyForm & {kty: 'AKP'}, content: Buffer): Buffer {
  const outer = new DerReader(content);
  if (outer.nextTag === DER.octetString) {
    throw new MalformedRequestError('The key must have its seed: what a seed expands to cannot be kept.');
  }
  if (outer.nextTag === DER.primitive0) return readOctets(outer, DER.primitive0, form.seedBytes);
  const both = outer.readSequence();
  outer.end();
  const seed = copy(both.read(DER.octetString), form.seedBytes);
  try {
    const expanded = both.read(DER.octetString);
    both.end();
    if (expandsTo(type, form, {seed, expanded})) return seed;
  } catch (error) {
    seed.fill(0);
    throw error;
  }
  seed.fill(0);
  throw new MalformedRequestError('The expanded key does not belong to its seed.');
}

/** Whether it is the key that the seed expands to: the end of the PKCS#8 that OpenSSL writes. */
function expandsTo(
  type: KeyTypeDescriptor,
  form: PrivateKeyForm,
  {seed, expanded}: {readonly seed: Buffer; readonly expanded: Buffer},
): boolean {
  const der = openPrivateKey(type, form, seed).export({format: 'der', type: 'pkcs8'});
  try {
    const info = new DerReader(der).readSequence();
    info.readInteger();
    info.read(DER.sequence);
    const both = new DerReader(info.read(DER.octetString)).readSequence();
    both.read(DER.octetString);
    return both.read(DER.octetString).equals(expanded);
  } finally {
    der.fill(0);
  }
}

function readOctets(reader: DerReader, tag: number, length: number): Buffer {
  const octets = reader.read(tag);
  reader.end();
  return copy(octets, length);
}

function copy(secret: Buffer, length: number): Buffer {
  if (secret.length === length) return Buffer.from(secret);
  throw new MalformedRequestError(`The private key must have ${length} bytes.`);
}
