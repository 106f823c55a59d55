import type {OperationBody} from '../../schemas/kms-operations.ts';
import {MalformedRequestError} from '../errors.ts';
import type {TransportedKey} from '../keys/key-transport.ts';
import type {KeyFormat} from '../keys/private-key-codec/key-format.ts';
import {decodeMember} from './decode-member.ts';

/** A key that nobody on the way could read. */
export interface WrappedMaterial {
  readonly kind: 'wrapped';
  readonly format: KeyFormat;
  readonly importToken: string;
  readonly transported: TransportedKey;
}

/** How a key is brought. */
export type KeyMaterial =
  | {readonly kind: 'jwk'; readonly format: 'jwk'; readonly jwk: unknown}
  /** `decode` gives the bytes; the caller zeroes them. */
  | {readonly kind: 'data'; readonly format: 'pkcs8' | 'raw'; readonly decode: () => Uint8Array}
  | WrappedMaterial;

type Input = OperationBody<'ImportKeyOperation'>['keyMaterial'];
type Member = Exclude<keyof Input, 'format'>;

/** @throws MalformedRequestError where the members are not those of exactly one way, or are no base64url. */
export function readKeyMaterial(input: Input): KeyMaterial {
  const {format, jwk, data, importToken, wrappedKey, encryptedWrappingKey} = input;
  if (importToken !== undefined && wrappedKey !== undefined && encryptedWrappingKey !== undefined) {
    requireOnly(input, ['importToken', 'wrappedKey', 'encryptedWrappingKey']);
    const wrapped = {wrappedKey, encryptedWrappingKey};
    return {
      kind: 'wrapped',
      format,
      importToken,
      transported: {
        wrappedKey: decodeMember(wrapped, 'wrappedKey'),
        encryptedWrappingKey: decodeMember(wrapped, 'encryptedWrappingKey'),
      },
    };
  }
  if (format === 'jwk' && jwk !== undefined) {
    requireOnly(input, ['jwk']);
    return {kind: 'jwk', format, jwk};
  }
  if (format !== 'jwk' && data !== undefined) {
    requireOnly(input, ['data']);
    return {kind: 'data', format, decode: () => decodeMember({data}, 'data')};
  }
  throw malformed();
}

function requireOnly(input: Input, members: readonly Member[]): void {
  const isOther = (name: string) => name !== 'format' && !members.some((member) => member === name);
  if (Object.keys(input).some(isOther)) throw malformed();
}

function malformed(): MalformedRequestError {
  return new MalformedRequestError(
    '"keyMaterial" has beside "format" either "jwk" (of that format), "data" (of the others), or "importToken", "wrappedKey" and "encryptedWrappingKey".',
  );
}
