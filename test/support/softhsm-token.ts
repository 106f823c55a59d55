import {execFile, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, rename, rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import type {Context} from 'mocha';
import type {Pkcs11TokenOptions} from '../../lib/pkcs11/pkcs11-token.ts';
import {skipFor} from './missing-program.ts';

const run = promisify(execFile);

const LIBRARIES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/** A token of SoftHSM2 in a directory of its own. Its library reads where that is when it begins its work in a process. */
export class SoftHsmToken {
  readonly label: string;
  readonly pin = '47110815';
  readonly directory: string;
  readonly library: string;

  private constructor(library: string, directory: string, label: string) {
    this.library = library;
    this.directory = directory;
    this.label = label;
  }

  /**
   * Skips where there is no SoftHSM2, or no binding for it.
   * @param mechanisms all that the token has, as SoftHSM's configuration names them; with `-` in front all but these.
   */
  static async create(
    context: Context,
    {label = 'webkms-test', mechanisms = 'ALL'}: {readonly label?: string; readonly mechanisms?: string} = {},
  ): Promise<SoftHsmToken> {
    const library = LIBRARIES.find((path) => existsSync(path));
    if (!library || spawnSync('softhsm2-util', ['--version']).error)
      return skipFor(context, 'no SoftHSM2 here');
    if (!hasBinding()) return skipFor(context, 'no pkcs11js here');
    const directory = await mkdtemp(join(tmpdir(), 'webkms-softhsm-'));
    await mkdir(join(directory, 'tokens'));
    const token = new SoftHsmToken(library, directory, label);
    await writeFile(
      token.configuration,
      `directories.tokendir = ${token.#tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.mechanisms = ${mechanisms}\n`,
    );
    await writeFile(token.pinFile, `${token.pin}\n`, {mode: 0o600});
    await token.#initialize(label);
    token.use();
    return token;
  }

  /** For the environment variable SOFTHSM2_CONF. */
  get configuration(): string {
    return join(this.directory, 'softhsm2.conf');
  }

  get pinFile(): string {
    return join(this.directory, 'pin');
  }

  get #tokens(): string {
    return join(this.directory, 'tokens');
  }

  /** This process's library is to find this token; what it had before must be closed. */
  use(): void {
    process.env['SOFTHSM2_CONF'] = this.configuration;
  }

  options(more: Partial<Pkcs11TokenOptions> = {}): Pkcs11TokenOptions {
    const {library, label, pinFile, directory} = this;
    return {library, token: {label}, pinFile, stateDir: join(directory, 'state'), ...more};
  }

  /** Of a server whose only key module it is. */
  get settings(): Readonly<Record<string, string>> {
    return {
      WEBKMS_KEY_MODULES: 'pkcs11',
      WEBKMS_PKCS11_LIBRARY: this.library,
      WEBKMS_PKCS11_TOKEN: this.label,
      WEBKMS_PKCS11_PIN_FILE: this.pinFile,
    };
  }

  /** A file with another PIN. */
  async writePin(name: string, pin: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, `${pin}\n`, {mode: 0o600});
    return path;
  }

  /** One more token, of that label, for a library that has not begun its work yet. */
  async #initialize(label: string): Promise<void> {
    await run(
      'softhsm2-util',
      ['--init-token', '--free', '--label', label, '--pin', this.pin, '--so-pin', '08154711'],
      {
        env: {...process.env, SOFTHSM2_CONF: this.configuration},
      },
    );
  }

  /** Another token in the same library. */
  async addTwin(label = this.label): Promise<void> {
    await this.#initialize(label);
  }

  /** Takes the token out, and puts it in again. */
  async remove(): Promise<void> {
    await rename(this.#tokens, join(this.directory, 'removed'));
    await mkdir(this.#tokens);
  }

  async putBack(): Promise<void> {
    await rm(this.#tokens, {recursive: true});
    await rename(join(this.directory, 'removed'), this.#tokens);
  }

  async delete(): Promise<void> {
    await rm(this.directory, {recursive: true, force: true});
  }
}

function hasBinding(): boolean {
  try {
    createRequire(import.meta.url)('pkcs11js');
    return true;
  } catch {
    return false;
  }
}
