import {stat} from 'node:fs/promises';
import {RootOfTrustError} from '../root-of-trust-error.ts';
import type {RootWrapperAccess} from '../root-wrapper.ts';
import {NO_SECRETS, withSecret, type OpeningSecrets} from '../secrets.ts';
import {
  formatArgon2Parameters,
  newArgon2Parameters,
  parseArgon2Parameters,
  stretch,
  type Argon2Parameters,
} from './argon2-parameters.ts';
import {fileAccessError} from './key-file-problem.ts';
import {fingerprint, LocalRootWrapper} from './local-root-wrapper.ts';
import {assertLongEnough} from './passphrase.ts';
import {
  formatPassphrasePlace,
  parsePassphrasePlace,
  readPassphrase,
  type PassphrasePlace,
} from './passphrase-place.ts';

/** The root of trust `passphrase:…`: Argon2id makes the key of a passphrase and the parameters that the store keeps. */
export class PassphraseWrapper extends LocalRootWrapper {
  static readonly whenForeign = 'The passphrase is wrong.';
  readonly parameters: string;
  readonly #place: PassphrasePlace;
  readonly #argon2: Argon2Parameters;
  #checked: {readonly state: string; readonly outcome: Promise<void>} | undefined;

  private constructor(place: PassphrasePlace, argon2: Argon2Parameters, key: Uint8Array) {
    super(formatPassphrasePlace(place), 'passphrase', key);
    this.parameters = formatArgon2Parameters(argon2);
    this.#place = place;
    this.#argon2 = argon2;
  }

  static asks(uri: string): boolean {
    return uri === formatPassphrasePlace({kind: 'prompt'});
  }

  static comes(uri: string): boolean {
    return parsePassphrasePlace(uri).kind === 'file';
  }

  /** @throws RootOfTrustError, `bad-setting` */
  static normalize(uri: string): string {
    return formatPassphrasePlace(parsePassphrasePlace(uri));
  }

  /** Asks for no passphrase where the store keeps no parameters. @throws RootOfTrustError */
  static async open(uri: string, {parameters, secrets}: RootWrapperAccess): Promise<PassphraseWrapper> {
    const place = parsePassphrasePlace(uri);
    if (parameters === undefined) {
      throw new RootOfTrustError('missing', 'The store has no root of trust with a passphrase.');
    }
    const argon2 = parseKept(parameters);
    return withSecret(await readOnce(place, secrets, false), (passphrase) =>
      PassphraseWrapper.#derive(place, argon2, passphrase),
    );
  }

  static adopt(
    uri: string,
    {secret, parameters = ''}: {readonly secret: Uint8Array; readonly parameters?: string | undefined},
  ): PassphraseWrapper {
    return new PassphraseWrapper(parsePassphrasePlace(uri), parseKept(parameters), secret);
  }

  /** Draws a salt; the parameters are the caller's to store. @throws RootOfTrustError */
  static async create(uri: string, {secrets}: RootWrapperAccess): Promise<PassphraseWrapper> {
    const place = parsePassphrasePlace(uri);
    return withSecret(await readOnce(place, secrets, true), (passphrase) => {
      assertLongEnough(passphrase);
      return PassphraseWrapper.#derive(place, newArgon2Parameters(), passphrase);
    });
  }

  /**
   * Reads a passphrase file again: its owner and mode always, what it holds where it was changed, as Argon2id is too
   * dear for every health check. From a descriptor or a terminal nothing can be read again.
   */
  async check(): Promise<void> {
    if (this.#place.kind !== 'file') return;
    const state = await fileState(this.#place.path);
    (await readPassphrase(this.#place, NO_SECRETS, {isNew: false})).fill(0);
    if (this.#checked?.state !== state) this.#checked = {state, outcome: this.#compare(this.#place)};
    await this.#checked.outcome;
  }

  static async #derive(
    place: PassphrasePlace,
    argon2: Argon2Parameters,
    passphrase: Uint8Array,
  ): Promise<PassphraseWrapper> {
    return withSecret(await stretch(passphrase, argon2), (key) => new PassphraseWrapper(place, argon2, key));
  }

  async #compare(place: PassphrasePlace & {kind: 'file'}): Promise<void> {
    const passphrase = await readPassphrase(place, NO_SECRETS, {isNew: false});
    const key = await withSecret(passphrase, () => stretch(passphrase, this.#argon2));
    if ((await withSecret(key, () => fingerprint('passphrase', key))) === this.keyId) return;
    throw new RootOfTrustError(
      'foreign-key',
      `The passphrase file ${place.path} holds another passphrase than when the server started. ` +
        'Put the right one back: after a restart nothing could be opened.',
    );
  }
}

/** @throws RootOfTrustError, `malformed` */
function parseKept(parameters: string): Argon2Parameters {
  const argon2 = parseArgon2Parameters(parameters);
  if (argon2) return argon2;
  throw new RootOfTrustError(
    'malformed',
    'The parameters that the store keeps for its passphrase are not ones that this version knows. ' +
      'Restore the database from your backup, or use the version that wrote it.',
  );
}

function readOnce(place: PassphrasePlace, secrets: OpeningSecrets, isNew: boolean): Promise<Uint8Array> {
  return secrets.once(formatPassphrasePlace(place), () => readPassphrase(place, secrets.source, {isNew}));
}

/** What differs where a file was written to or replaced. */
async function fileState(path: string): Promise<string> {
  try {
    const {dev, ino, mtimeNs, ctimeNs} = await stat(path, {bigint: true});
    return [dev, ino, mtimeNs, ctimeNs].join();
  } catch (error) {
    throw fileAccessError(path, error, {name: 'The passphrase file'});
  }
}
