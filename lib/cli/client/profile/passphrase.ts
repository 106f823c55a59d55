import {parsePath} from '../../../config/parsers.ts';
import {RootOfTrustError} from '../../../sealing/root-of-trust-error.ts';
import {NO_SECRETS, withSecret} from '../../../sealing/secrets.ts';
import {assertLongEnough, parsePassphrase} from '../../../sealing/wrappers/passphrase.ts';
import {readPassphrase} from '../../../sealing/wrappers/passphrase-place.ts';
import {ClientError} from '../client-error.ts';
import type {ClientIo} from '../client-io.ts';

export interface PassphraseSource {
  readonly io: Pick<ClientIo, 'interactive' | 'askSecret'>;
  /** Of a file that holds it, mode 0600. */
  readonly file?: string | undefined;
}

/** The passphrase of a controller key that is sealed. @returns bytes, which the caller overwrites. @throws ClientError */
export async function existingPassphrase({io, file}: PassphraseSource): Promise<Uint8Array> {
  if (file !== undefined) return fromFile(file);
  if (io.interactive) return ask(io, 'Passphrase of the controller key: ');
  throw new ClientError(
    'refused',
    'The controller key is sealed by a passphrase, and standard input is no terminal to ask for it. ' +
      'Give it by --passphrase-file FILE, or WEBKMS_PASSPHRASE_FILE.',
  );
}

/**
 * A passphrase for a new controller key: from the file, or asked for at a terminal, twice.
 * @returns bytes, which the caller overwrites; undefined where there is to be none. @throws ClientError
 */
export async function newPassphrase({io, file}: PassphraseSource): Promise<Uint8Array | undefined> {
  if (file !== undefined) return longEnough(await fromFile(file));
  if (!io.interactive) return undefined;
  const line = await io.askSecret('Passphrase for the controller key (empty: none): ');
  if (line.length === 0) return undefined;
  const first = longEnough(await withSecret(line, () => parse(line)));
  const second = await ask(io, 'Once more: ');
  const isSame = Buffer.compare(first, second) === 0;
  second.fill(0);
  if (isSame) return first;
  first.fill(0);
  throw new ClientError('refused', 'The passphrases are not the same. Nothing was made.');
}

async function ask(io: PassphraseSource['io'], question: string): Promise<Uint8Array> {
  const line = await io.askSecret(question);
  return withSecret(line, () => parse(line));
}

function parse(line: Uint8Array): Uint8Array {
  return orClientError(() => parsePassphrase(line, 'The terminal'));
}

function longEnough(passphrase: Uint8Array): Uint8Array {
  return orClientError(() => {
    assertLongEnough(passphrase);
    return passphrase;
  });
}

async function fromFile(file: string): Promise<Uint8Array> {
  try {
    return await readPassphrase({kind: 'file', path: parsePath(file)}, NO_SECRETS, {isNew: false});
  } catch (error) {
    throw clientError(error);
  }
}

function orClientError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw clientError(error);
  }
}

function clientError(error: unknown): unknown {
  if (!(error instanceof RootOfTrustError)) return error;
  return new ClientError(error.reason === 'missing' ? 'not-found' : 'refused', error.message, {cause: error});
}
