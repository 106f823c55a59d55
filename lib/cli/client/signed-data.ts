import {createHash} from 'node:crypto';
import type {KeyAdministrationKms, SignOptions} from '../../client/kms.ts';
import {oneOf} from '../../config/parsers.ts';
import {
  SIGNATURE_ALGORITHMS,
  type HashAlgorithm,
  type SignatureAlgorithm,
} from '../../keys/key-algorithms.ts';
import {findKeyType} from '../../keys/key-types.ts';
import type {ClientInvocation, Option} from './client-command.ts';
import {ClientError} from './client-error.ts';
import {collect} from './collect.ts';
import {openInput, readText, textOrFile} from './inputs.ts';
import {kidOf} from './key-operand.ts';

/** What is sure to fit into a request. */
const MAX_DATA_BYTES = 65_536;
const ALGORITHMS = Object.keys(SIGNATURE_ALGORITHMS) as SignatureAlgorithm[];

export const ALGORITHM_OPTION: Option = {
  value: 'ALGORITHM',
  meaning: 'of RSA: PS256 (default), PS384, PS512, RS256, RS384 or RS512',
  completion: ALGORITHMS,
};

/** What a signature is over, as the KMS takes it. */
export interface SignedData {
  /** The key's URL, or `name:NAME`. */
  readonly kid: string;
  readonly data: Uint8Array;
  readonly options: SignOptions;
}

/**
 * The DATA operand as it is; of `--input` the digest, however long it is, where the algorithm of the key hashes data first:
 * the signature is the same.
 * @throws UsageError, ClientError
 */
export async function readSignedData(
  invocation: Pick<ClientInvocation, 'io' | 'options'>,
  {
    kms,
    name,
    text,
  }: {
    readonly kms: () => Promise<KeyAdministrationKms>;
    readonly name: string;
    readonly text: string | undefined;
  },
): Promise<SignedData> {
  const {io, options} = invocation;
  const algorithm = options.parse('algorithm', oneOf(...ALGORITHMS));
  const kid = kidOf(name);
  const given = textOrFile(invocation, text, 'DATA');
  if (given.text !== undefined) {
    return {kid, data: await readText(given.text, io), options: algorithm === undefined ? {} : {algorithm}};
  }
  const {bytes} = await openInput(given.file, io);
  const key = await (await kms()).getKey(kid);
  const used = algorithm ?? findKeyType(key.keyType)?.signatureAlgorithms?.[0];
  const hashAlgorithm = used && hashOf(used);
  const chosen = algorithm === undefined ? {} : {algorithm};
  if (hashAlgorithm !== undefined) {
    return {
      kid: key.kid,
      data: await digest(bytes, hashAlgorithm, io.interrupted),
      options: {...chosen, hashAlgorithm},
    };
  }
  return {kid: key.kid, data: await collectData(bytes, given.file, key.shortName), options: chosen};
}

function hashOf(algorithm: SignatureAlgorithm): HashAlgorithm | undefined {
  const traits: {readonly hash?: HashAlgorithm} = SIGNATURE_ALGORITHMS[algorithm];
  return traits.hash;
}

async function digest(
  bytes: AsyncIterable<Uint8Array>,
  hashAlgorithm: HashAlgorithm,
  interrupted: AbortSignal,
): Promise<Uint8Array> {
  const hash = createHash(hashAlgorithm);
  for await (const piece of bytes) {
    interrupted.throwIfAborted();
    hash.update(piece);
  }
  return hash.digest();
}

async function collectData(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  type: string,
): Promise<Uint8Array> {
  try {
    return await collect(bytes, {maxBytes: MAX_DATA_BYTES, name: `The input ${file}`});
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw new ClientError(
      error.reason,
      `${error.message} A key of type ${type} signs data as it is: sign a digest of it, or use an ECDSA or RSA key.`,
      {cause: error},
    );
  }
}
