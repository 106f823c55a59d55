import {InternalError, UnavailableError} from '../errors.ts';
import {BusyError} from '../job-queue.ts';
import {CKR} from './cryptoki.ts';
import {ObjectHandles} from './object-handles.ts';
import {Pkcs11Library} from './pkcs11-library.ts';
import {Pkcs11Error} from './pkcs11-error.ts';
import {SessionPool, type JobOptions} from './session-pool.ts';
import type {Pkcs11TokenOptions} from './pkcs11-token-options.ts';
import {TokenConnection} from './token-connection.ts';
import {identity, nameOf, TokenObjectMissingError, type TokenObject} from './token-object.ts';
import {TokenRecovery} from './token-recovery.ts';
import type {
  FoundObject,
  Handle,
  JobName,
  KeyUse,
  Mechanism,
  NewKeyPair,
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

const DEFAULT_SESSIONS = 4;
const DEFAULT_LIMIT_MS = 10_000;
/** RSA keys of 4096 bits, and slow tokens. */
const GENERATION_LIMIT_MS = 180_000;
/** Of all objects there may be many, each of which is asked for its attributes. */
const LISTING_LIMIT_MS = 180_000;
const CLOSING_LIMIT_MS = 5000;
const MAX_OBJECTS = 1_000_000;
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
  readonly #handles = new ObjectHandles();
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
      onLoss: () => this.#handles.clear(),
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
    return this.#recovery.attempt(async () => {
      const key = await this.#handleOf(object);
      // The thread gets, and overwrites, a copy.
      const use = {key, mechanism, length, data: Uint8Array.from(data), ...(checked && {id: object.id})};
      return this.#run(name, use, object);
    });
  }

  /** Makes an object of `class` with that id in the template, or none. @throws BusyError where nothing was tried */
  async generateKey(object: TokenObject, mechanism: Mechanism, template: Template): Promise<void> {
    await this.#generate(object, () =>
      this.#run(
        'generateKey',
        {mechanism, template: [...template, ...identity(object)]},
        {...object, timeLimitMs: GENERATION_LIMIT_MS},
      ),
    );
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
    const {values}: NewKeyPair = await this.#generate(object, () =>
      this.#run(
        'generateKeyPair',
        {...parameters, publicTemplate, privateTemplate: [...privateTemplate, ...identity(object)]},
        {...object, timeLimitMs: GENERATION_LIMIT_MS},
      ),
    );
    return values;
  }

  /** @returns what there is, with the attributes that `read` names. */
  async find(
    template: Template,
    read: readonly number[],
    limit = MAX_OBJECTS,
  ): Promise<readonly FoundObject[]> {
    return this.#recovery.attempt(async () => {
      const found = await this.#run(
        'find',
        {template, read, limit},
        limit === MAX_OBJECTS ? {timeLimitMs: LISTING_LIMIT_MS} : {},
      );
      // Of a token that was removed some libraries show nothing.
      if (found.length === 0) await this.#run('assertUsable', {});
      return found;
    });
  }

  /** Whether the object is there, once. @throws TokenObjectMissingError */
  async assertExists(object: TokenObject): Promise<void> {
    this.#handles.forget(nameOf(object));
    await this.#recovery.attempt(() => this.#handleOf(object));
  }

  /** Also where there is none. */
  async destroy(object: TokenObject): Promise<void> {
    this.#handles.forget(nameOf(object));
    await this.#recovery.attempt(async () => {
      const objects = await this.#findSurely(object, MAX_OBJECTS);
      if (objects.length > 0) await this.#run('destroy', {objects}, object);
    });
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

  /**
   * What a first try left, where it is not known what became of it, is not kept.
   * @throws BusyError where nothing was tried
   */
  async #generate<T>(object: TokenObject, make: () => Promise<T>): Promise<T> {
    let again = false;
    return this.#recovery.attempt(async () => {
      try {
        if (again) await this.destroy(object);
        return await make();
      } catch (error) {
        if (again && error instanceof BusyError) throw new UnavailableError(error.message, {cause: error});
        throw error;
      } finally {
        again = true;
      }
    });
  }

  /** @throws TokenObjectMissingError */
  async #handleOf(object: TokenObject): Promise<Handle> {
    this.#handles.enter(this.#connection.era);
    return this.#handles.get(nameOf(object), async () => {
      const [handle, other] = await this.#findSurely(object, 2);
      if (other) throw new InternalError(new Error('Two objects of the token have the same id.'));
      if (handle) return handle;
      throw new TokenObjectMissingError('The token has no object of that id.');
    });
  }

  /** Who is not logged in sees nothing, and so does who asks for what was removed, of some libraries: then it is asked again. */
  async #findSurely(object: TokenObject, limit: number): Promise<readonly Handle[]> {
    const {era} = this.#connection;
    for (const last of [false, true]) {
      const found = await this.#run('find', {template: identity(object), read: [], limit}, object);
      if (found.length > 0 || last) return found.map(({handle}) => handle);
      await this.#run('assertUsable', {}, object);
      await this.#connection.settled();
      if (era !== this.#connection.era)
        throw new Pkcs11Error('CKR_USER_NOT_LOGGED_IN', CKR.USER_NOT_LOGGED_IN);
    }
    return [];
  }
}
