import {UnavailableError} from '../errors.ts';
import {BusyError} from '../job-queue.ts';
import {CKA, CKR} from './cryptoki.ts';
import {ObjectFinder} from './object-finder.ts';
import {Pkcs11Library} from './pkcs11-library.ts';
import {Pkcs11Error} from './pkcs11-error.ts';
import {SessionPool, type JobOptions} from './session-pool.ts';
import type {Pkcs11TokenOptions} from './pkcs11-token-options.ts';
import {TokenConnection} from './token-connection.ts';
import {identity, isNamed, type TokenObject} from './token-object.ts';
import {TokenRecovery} from './token-recovery.ts';
import type {
  FoundObject,
  Handle,
  JobName,
  KeyUse,
  Mechanism,
  Parameters,
  Result,
  Template,
} from './token-job.ts';

export type {Pkcs11TokenOptions} from './pkcs11-token-options.ts';
export type {TokenObject} from './token-object.ts';

export type UseName = 'sign' | 'encrypt' | 'decrypt' | 'derive' | 'wrap' | 'unwrap';

export interface UseInput extends Pick<KeyUse, 'mechanism' | 'data' | 'length'> {
  /** Whether the key's id is looked at before, right then: where nothing else would show that it was another key. */
  readonly checked?: boolean;
}

/** What is kept from all others is confided to the key. */
const CONFIDING: ReadonlySet<UseName> = new Set(['encrypt', 'wrap']);
const DEFAULT_SESSIONS = 4;
const DEFAULT_LIMIT_MS = 10_000;
/** RSA keys of 4096 bits, and slow tokens. */
const GENERATION_LIMIT_MS = 180_000;
const CLOSING_LIMIT_MS = 5000;
/** Objects of one name. */
const MAX_TWINS = 1000;
/** Whose turn it is where nobody is named: the server's own. */
const OWN = '';

/**
 * A token of PKCS #11. Whatever is asked of it is done in threads of their own. Sessions that were closed, a login that has
 * ended and a token that was away are found again, in the time that an operation has; objects are named by their ids, and
 * their handles kept.
 * Every method throws `UnavailableError` where the token cannot be reached, and `Pkcs11Error` for what it refuses.
 */
export class Pkcs11Token {
  readonly #library: Pkcs11Library;
  readonly #pool: SessionPool;
  readonly #connection: TokenConnection;
  readonly #finder: ObjectFinder;
  readonly #recovery: TokenRecovery;
  readonly #timeLimitMs: number;
  #closed = false;

  private constructor(library: Pkcs11Library, options: Pkcs11TokenOptions) {
    const {token: name, pinFile, stateDir, log} = options;
    const {sessions = DEFAULT_SESSIONS, timeLimitMs = DEFAULT_LIMIT_MS} = options;
    this.#library = library;
    this.#timeLimitMs = timeLimitMs;
    this.#pool = new SessionPool({library, sessions, limits: options.limits});
    this.#connection = new TokenConnection({...{library, pool: this.#pool, name}, pinFile, stateDir, log});
    this.#recovery = new TokenRecovery({
      connection: this.#connection,
      timeLimitMs,
      onLoss: () => this.#finder.clear(),
    });
    this.#finder = new ObjectFinder({
      run: (...job) => this.#run(...job),
      connection: this.#connection,
    });
  }

  /** @throws TokenError, whose message says what to do */
  static async open(options: Pkcs11TokenOptions): Promise<Pkcs11Token> {
    const token = new Pkcs11Token(await Pkcs11Library.use(options.library), options);
    try {
      await token.#connection.connect();
      return token;
    } catch (error) {
      await token.close();
      throw error;
    }
  }

  /** For people, as the token says it of itself. */
  get description(): {readonly label: string; readonly serial: string; readonly model: string} {
    const {label, serial, model} = this.#connection.slot;
    return {label, serial, model};
  }

  get mechanisms(): ReadonlySet<number> {
    return this.#connection.mechanisms;
  }

  /** Does something with a key. @throws TokenObjectMissingError */
  async use(
    name: UseName,
    object: TokenObject,
    {mechanism, data, length, checked = false}: UseInput,
  ): Promise<Uint8Array> {
    return this.#withObject(object, async () => {
      const key = await this.#finder.handleOf(object);
      const which = {id: object.id, local: object.local === true && CONFIDING.has(name)};
      // The thread gets, and overwrites, a copy.
      const use = {key, mechanism, length, data: Uint8Array.from(data), ...(checked && which)};
      return this.#run(name, use, object);
    });
  }

  /** Makes an object of `class` with that id in the template, or none. @throws BusyError where nothing was tried */
  async generateKey(object: TokenObject, mechanism: Mechanism, template: Template): Promise<void> {
    await this.#generate(object, async () => {
      const handle = await this.#run(
        'generateKey',
        {mechanism, template: [...template, ...identity(object)]},
        {...object, timeLimitMs: GENERATION_LIMIT_MS},
      );
      return {handle};
    });
  }

  /** @param object the private key. @returns what `read` names of the public key, which is not kept. */
  async generateKeyPair(
    object: TokenObject,
    {
      publicTemplate,
      privateTemplate,
      ...parameters
    }: {mechanism: Mechanism; publicTemplate: Template; privateTemplate: Template; read: readonly number[]},
  ): Promise<readonly Uint8Array[]> {
    const {values} = await this.#generate(object, async () => {
      const pair = await this.#run(
        'generateKeyPair',
        {...parameters, publicTemplate, privateTemplate: [...privateTemplate, ...identity(object)]},
        {...object, timeLimitMs: GENERATION_LIMIT_MS},
      );
      return {handle: pair.privateKey, values: pair.values};
    });
    return values;
  }

  /** @returns at most `limit` objects, with the attributes that `read` names. */
  async find(template: Template, read: readonly number[], limit: number): Promise<readonly FoundObject[]> {
    return this.#recovery.attempt(async () => {
      const found = await this.#run('find', {template, read, limit});
      // Of a token that was removed some libraries show nothing.
      if (found.length === 0) await this.#run('assertUsable', {});
      return found;
    });
  }

  /** All objects; the token does other things in between. */
  async list(template: Template, read: readonly number[]): Promise<readonly FoundObject[]> {
    return this.#recovery.attempt(async () => {
      const all: FoundObject[] = [];
      for await (const found of this.#finder.list(template, read)) all.push(found);
      return all;
    });
  }

  /** Whether the object is there. @throws TokenObjectMissingError */
  async assertExists(object: TokenObject): Promise<void> {
    await this.#withObject(object, async () => {
      await this.#assertIs(object, await this.#finder.handleOf(object));
    });
  }

  /** Also where there is none. Of several of one name, which others have made, the one that is known, or all. */
  async destroy(object: TokenObject): Promise<void> {
    await this.#withObject(object, async () => {
      const known = await this.#finder.known(object);
      if (known) await this.#assertIs(object, known);
      const objects = known ? [known] : await this.#finder.search(object, MAX_TWINS);
      if (objects.length > 0) await this.#run('destroy', {objects}, object);
    });
    this.#finder.forget(object);
  }

  /** @throws UnavailableError where the token cannot be used now */
  async check(): Promise<void> {
    const timeLimitMs = this.#timeLimitMs;
    await this.#recovery.attempt(async () => {
      const {slot} = this.#connection.slot;
      await this.#pool.run('assertUsable', {slot}, {timeLimitMs});
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pool.close({last: this.#library.release(), timeLimitMs: CLOSING_LIMIT_MS});
  }

  async #run<J extends JobName>(
    job: J,
    parameters: Omit<Parameters<J>, 'slot'>,
    {timeLimitMs = this.#timeLimitMs, owner = OWN}: Partial<JobOptions> = {},
  ): Promise<Result<J>> {
    const {slot} = this.#connection.slot;
    return this.#pool.run(job, {...parameters, slot}, {timeLimitMs, owner});
  }

  /** A library may give an old handle to another object. */
  async #assertIs(object: TokenObject, handle: Handle): Promise<void> {
    const [found] = await this.#run('attributes', {handles: [handle], read: [CKA.ID, CKA.LABEL]}, object);
    if (found && isNamed(object, found.values)) return;
    throw new Pkcs11Error('CKR_OBJECT_HANDLE_INVALID', CKR.OBJECT_HANDLE_INVALID);
  }

  /** Where its handle does not hold, it is found again; others' handles may hold. */
  #withObject<T>(object: TokenObject, work: () => Promise<T>): Promise<T> {
    return this.#recovery.attempt(work, () => this.#finder.forget(object));
  }

  /**
   * What a first try left, where it is not known what became of it, is not kept.
   * @throws BusyError where nothing was tried
   */
  async #generate<T extends {readonly handle: Handle}>(
    object: TokenObject,
    make: () => Promise<T>,
  ): Promise<T> {
    let again = false;
    return this.#recovery.attempt(async () => {
      try {
        if (again) await this.destroy(object);
        const {era} = this.#connection;
        const made = await make();
        this.#finder.add(object, made.handle, era);
        return made;
      } catch (error) {
        if (again && error instanceof BusyError) throw new UnavailableError(error.message, {cause: error});
        throw error;
      } finally {
        again = true;
      }
    });
  }
}
