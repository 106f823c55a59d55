import {UnavailableError} from '../../errors.ts';
import type {StoredDocument} from './collections.ts';
import type {DocumentChange, Place} from './documents.ts';
import {
  isAbsent,
  isStale,
  newRevision,
  newWriterId,
  toTarget,
  writersOf,
  type ReadDocument,
  type Target,
  type Writer,
} from './guard-document.ts';
import {ConflictError, isRefusal, type GuardedWritesOptions} from './guarded-write-options.ts';
import type {Reading} from './mongodb-connection.ts';
import {WriterEntries} from './writer-entries.ts';

export interface Registration {
  /** What will be written, each as this attempt has read or reserved it. */
  readonly targets: readonly Target[];
  /** The data key versions that it will name. */
  readonly dataKeyVersionIds?: readonly string[];
  /** A member of the guard that one is added to: the number in the answer is this writer's alone. */
  readonly count?: string;
  /** Makes the guard where there is none. */
  readonly create?: boolean;
  /** A member of the guard that one is added to when the entry goes, unless nothing was written. */
  readonly countWritten?: string;
  /** Nothing is decided by the guard: the entry is there to be counted, and gets in the way of nobody who changes the guard. */
  readonly isOnlyCounted?: boolean;
}

/** What is left is taken away by another who comes by. */
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof UnavailableError)) throw error;
}

/** One try of an operation: see guarded-write.ts. */
export class Attempt {
  readonly #operation: string;
  readonly #options: GuardedWritesOptions;
  /** Its own entry, and what is known of the guard. */
  #entry: {readonly guard: Place; readonly id: string; readonly countWritten: string | undefined} | undefined;
  /** What it reserved itself, and has not written. */
  readonly #reserved = new Set<Target>();
  readonly #stale: {readonly guard: Place; readonly writer: Writer}[] = [];
  #sent = false;
  #written = false;
  /** Writes of which nobody knows whether they will be made. */
  #unanswered = 0;
  #uncounted = false;

  readonly #entries: WriterEntries;

  constructor(operation: string, options: GuardedWritesOptions) {
    this.#operation = operation;
    this.#options = options;
    this.#entries = new WriterEntries(options.documents, (step) => this.step(step));
  }

  /** Whether anything that readers see has been sent. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Whether it wrote, and `countWritten` is not (known to be) counted yet: another does it later. */
  get uncounted(): boolean {
    return this.#uncounted;
  }

  /**
   * What is there: a placeholder, and what is being deleted, too (see `isAbsent`).
   * @param reading `settled` where nothing is decided by it but in a write that it is compared in. Never `current`: a revision
   *   that was rolled back, and is written once more later, would be one that nobody could fence meanwhile
   */
  async read(
    place: Place,
    reading: Exclude<Reading, 'current'> = 'decisive',
  ): Promise<ReadDocument | undefined> {
    const document = await this.#options.documents.read(place, reading);
    return document && {document, target: toTarget(place, document)};
  }

  /**
   * What is there, as `read`; where there is nothing, a new placeholder.
   * @param members of it, which unique indexes of the collection want
   */
  async reserve(place: Place, members: StoredDocument = {}): Promise<ReadDocument> {
    const found = await this.read(place, 'settled');
    if (found) return found;
    const placeholder = {placeholder: true, placeholderAt: new Date(this.#now()), revision: newRevision()};
    const document = {...members, ...placeholder};
    await this.step('reserve');
    if (!(await this.#options.documents.insert(place, document))) throw new ConflictError();
    const target = toTarget(place, document);
    this.#reserved.add(target);
    return {document, target};
  }

  /**
   * Says in the guard what will be written: from here on whoever changes the guard sees it. At most once in an attempt.
   * @returns the guard, its entry in it, by which the caller judges whether to write; undefined where there is no guard
   */
  async register(guard: Place, registration: Registration): Promise<StoredDocument | undefined> {
    if (this.#entry) throw new TypeError('An attempt registers once.');
    const {targets, dataKeyVersionIds = [], count, countWritten} = registration;
    const {create = false, isOnlyCounted = false} = registration;
    const {documents} = this.#options;
    const id = newWriterId();
    const entry = {
      operation: this.#operation,
      startedAt: this.#now(),
      targets,
      dataKeyVersionIds,
      ...(countWritten !== undefined && {countWritten}),
    };
    const change = {
      $set: {[`writers.${id}`]: entry, ...(!isOnlyCounted && {revision: newRevision()})},
      ...(count !== undefined && {$inc: {[count]: 1}}),
    };
    await this.step('register');
    let document = await documents.updateAndRead(guard, change);
    if (!document && create) {
      await this.makeGuard(guard);
      await this.step('register');
      document = await documents.updateAndRead(guard, change);
    }
    if (!document) return undefined;
    this.#entry = {guard, id, countWritten};
    this.#stale.push(
      ...writersOf(document)
        .filter((writer) => isStale(writer, this.#now()))
        .map((writer) => ({guard, writer})),
    );
    return isAbsent(document) ? undefined : document;
  }

  /** Sees to it that there is a guard. */
  async makeGuard(guard: Place): Promise<void> {
    await this.step('make guard');
    await this.#options.documents.insert(guard, {revision: newRevision()});
  }

  /** The others that registered before this attempt did, in that order. */
  earlierWriters(guard: StoredDocument): readonly Writer[] {
    const writers = writersOf(guard);
    return writers.slice(
      0,
      writers.findIndex(({id}) => id === this.#entry?.id),
    );
  }

  /**
   * Sees to it that none of the guard's writers that matter writes any more: what they wrote before is there for who reads
   * from here on. They begin again, and are judged by what the guard is then.
   */
  async fence(guard: StoredDocument, matters: (writer: Writer) => boolean = () => true): Promise<void> {
    for (const writer of writersOf(guard)) {
      if (writer.id !== this.#entry?.id && matters(writer)) await this.#entries.fence(writer);
    }
  }

  /** Changes the document if it is still as it was read. @returns whether it was */
  async write(target: Target, {$set, $unset, $inc}: DocumentChange): Promise<boolean> {
    const gone = {
      ...$unset,
      ...(target.isPlaceholder && {placeholder: '' as const, placeholderAt: '' as const}),
    };
    const change = {
      $set: {...$set, revision: newRevision()},
      ...(Object.keys(gone).length > 0 && {$unset: gone}),
      ...($inc && {$inc}),
    };
    const {documents} = this.#options;
    const written = await this.#send('write', () =>
      documents.update(target, {revision: target.revision}, change),
    );
    this.#reserved.delete(target);
    return written;
  }

  /** As `write`; where the document is another the whole operation begins again. */
  async commit(target: Target, change: DocumentChange): Promise<void> {
    if (!(await this.write(target, change))) throw new ConflictError();
  }

  /** Deletes the document; where it is another than was read the whole operation begins again. */
  async remove(target: Target): Promise<void> {
    const {documents} = this.#options;
    const removed = await this.#send('delete', () => documents.delete(target, {revision: target.revision}));
    if (!removed) throw new ConflictError();
  }

  /**
   * Takes the entry away, unless a write may still arrive: whoever changes the guard then must see it.
   * @param isRefused what was reserved is not needed for another attempt
   */
  async end(isRefused = false): Promise<void> {
    if (isRefused) await this.#release();
    if (this.#entry && this.#unanswered === 0) {
      const {guard, id, countWritten} = this.#entry;
      const count = this.#written ? countWritten : undefined;
      this.#uncounted = count !== undefined;
      if (await this.#entries.remove(guard, {id, countWritten: count})) this.#uncounted = false;
    }
    for (const {guard, writer} of this.#stale) {
      await this.#entries.tidy(guard, writer).catch(ignoreUnavailable);
    }
  }

  async step(step: string): Promise<void> {
    await this.#options.onStep?.(`${this.#operation}: ${step}`);
  }

  async #release(): Promise<void> {
    for (const target of this.#reserved) {
      await this.step('release');
      await this.#options.documents.delete(target, {revision: target.revision}).catch(ignoreUnavailable);
    }
  }

  async #send(step: string, send: () => Promise<boolean>): Promise<boolean> {
    await this.step(step);
    this.#sent = true;
    this.#unanswered++;
    try {
      const done = await send();
      this.#unanswered--;
      this.#written ||= done;
      return done;
    } catch (error) {
      if (isRefusal(error)) this.#unanswered--;
      throw error;
    }
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}
