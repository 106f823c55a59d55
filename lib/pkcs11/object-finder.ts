import {InternalError} from '../errors.ts';
import {Turns} from '../turns.ts';
import {CKA, CKO, CKR} from './cryptoki.ts';
import {MAX_HANDLES, ObjectHandles} from './object-handles.ts';
import {Pkcs11Error} from './pkcs11-error.ts';
import type {TokenConnection} from './token-connection.ts';
import type {FoundObject, Handle, JobName, Parameters, Result, Template} from './token-job.ts';
import {identity, nameOf, TokenObjectMissingError, type TokenObject} from './token-object.ts';

export interface ObjectFinderOptions {
  /** Does a job with the token, wherever that is now. */
  readonly run: <J extends JobName>(
    job: J,
    parameters: Omit<Parameters<J>, 'slot'>,
    options?: {readonly owner?: string | undefined; readonly timeLimitMs?: number},
  ) => Promise<Result<J>>;
  readonly connection: Pick<TokenConnection, 'era' | 'settled'>;
}

/** Of listing all: a token goes through what it has, which may be much. */
const LISTING_LIMIT_MS = 180_000;
const PAGE = 64;
/** What may be spent on single searches before all objects are listed once. */
const FIRST_MS = 100;
const KEY_CLASSES = [CKO.PRIVATE_KEY, CKO.SECRET_KEY] as const;

/**
 * Objects of a token by what names them. Some tokens take longer for a search the more objects they have: so handles are kept; and
 * where as much was spent on searches as it takes to list all, all are listed, so that what is spent in sum grows with the
 * number of objects and not with its square.
 */
export class ObjectFinder {
  readonly #run: ObjectFinderOptions['run'];
  readonly #connection: ObjectFinderOptions['connection'];
  readonly #handles = new ObjectHandles();
  #spentMs = 0;
  #listingMs = FIRST_MS;
  #isLearning = false;

  constructor({run, connection}: ObjectFinderOptions) {
    this.#run = run;
    this.#connection = connection;
  }

  /** @throws TokenObjectMissingError */
  handleOf(object: TokenObject): Promise<Handle> {
    this.#handles.enter(this.#connection.era);
    return this.#handles.get(nameOf(object), async () => {
      const begin = performance.now();
      const [handle, other] = await this.search(object, 2);
      this.#spentMs += performance.now() - begin;
      if (this.#spentMs > this.#listingMs) void this.#learn();
      if (other) throw new InternalError(new Error('Two objects of the token have the same id.'));
      if (handle) return handle;
      throw new TokenObjectMissingError('The token has no object of that id.');
    });
  }

  /** The handle of what was used or listed before; undefined of what would have to be searched for. */
  async known(object: TokenObject): Promise<Handle | undefined> {
    this.#handles.enter(this.#connection.era);
    return this.#handles.peek(nameOf(object))?.catch(() => undefined);
  }

  /** A new object, which has that handle. @param era when it was asked for */
  add(object: TokenObject, handle: Handle, era: number): void {
    if (era !== this.#connection.era) return;
    this.#handles.enter(era);
    this.#handles.set(nameOf(object), handle);
  }

  forget(object: TokenObject): void {
    this.#handles.forget(nameOf(object));
  }

  clear(): void {
    this.#handles.clear();
  }

  /** Who is not logged in sees nothing, and so does who asks for what was removed, of some libraries: then it is asked again. */
  async search(object: TokenObject, limit: number): Promise<readonly Handle[]> {
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

  /** All objects, in parts, so that nobody waits for the whole: with the attributes that `read` names. */
  async *list(template: Template, read: readonly number[]): AsyncGenerator<FoundObject> {
    const options = {timeLimitMs: LISTING_LIMIT_MS};
    const {handles, count} = await this.#run('findAll', {template}, options);
    if (count === 0) {
      // Of a token that was removed some libraries show nothing.
      await this.#run('assertUsable', {});
      return;
    }
    const size = handles.length / count;
    const turns = new Turns();
    for (let from = 0; from < count; from += PAGE) {
      const part = Array.from({length: Math.min(PAGE, count - from)}, (_, index) =>
        handles.subarray((from + index) * size, (from + index + 1) * size),
      );
      for (const found of await this.#run('attributes', {handles: part, read}, options)) {
        yield found;
        await turns.next();
      }
    }
  }

  async #learn(): Promise<void> {
    if (this.#isLearning) return;
    this.#isLearning = true;
    const begin = performance.now();
    try {
      const {era} = this.#connection;
      const found = await this.#listKeys();
      // Of more than are kept most would be searched for nevertheless.
      if (found.size > MAX_HANDLES) return;
      const turns = new Turns();
      for (const [name, handle] of found) {
        if (era !== this.#connection.era) return;
        if (handle) this.#handles.set(name, handle);
        await turns.next();
      }
    } catch {
      // Whoever searches finds, or says why not.
    } finally {
      this.#listingMs = Math.max(FIRST_MS, performance.now() - begin);
      this.#spentMs = 0;
      this.#isLearning = false;
    }
  }

  /** By their names; undefined of what has the same name as another. */
  async #listKeys(): Promise<ReadonlyMap<string, Handle | undefined>> {
    const found = new Map<string, Handle | undefined>();
    for (const objectClass of KEY_CLASSES) {
      const template = [
        {type: CKA.CLASS, value: objectClass},
        {type: CKA.TOKEN, value: true},
      ];
      for await (const {handle, values} of this.list(template, [CKA.ID, CKA.LABEL])) {
        const [id, label] = values;
        if (!id || !label) continue;
        const name = nameOf({class: objectClass, id, label: Buffer.from(label).toString()});
        found.set(name, found.has(name) ? undefined : Uint8Array.from(handle));
      }
    }
    return found;
  }
}
