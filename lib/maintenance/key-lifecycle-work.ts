import type {Logger} from 'pino';
import {KeySequenceError, NotFoundError} from '../errors.ts';
import {destroyKey} from '../keys/key-changes.ts';
import {currentVersion} from '../keys/key-state.ts';
import {keyUrl} from '../keys/key-url.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {KeyRecordId, KeyRecordStore} from '../storage/key-record-store.ts';
import type {KeyUseStore} from '../storage/key-use-store.ts';
import {dueWork, isUsedUp, type DueWork} from './key-lifecycle-due.ts';

const MAX_ATTEMPTS = 5;

/** What happened to a key by itself. */
export type KeyLifecycleEvent = 'rotated' | 'destroyed' | 'version-destroyed' | 'tampered' | 'failed';

export interface KeyLifecycleWorkOptions {
  /** Verified and authenticated records. */
  readonly keys: Pick<KeyRecordStore, 'find' | 'update'>;
  readonly uses: Pick<KeyUseStore, 'find'>;
  /**
   * Makes a new version of a key and stores it, if `condition` holds for the record that it is made from; asks it again
   * where another change came first. @returns the record as it is then; undefined where nothing was done
   */
  readonly rotate: (
    id: KeyRecordId,
    condition: (record: KeyRecord) => boolean,
  ) => Promise<KeyRecord | undefined>;
  /** Has the key's module erase what a stored change took from the record. Never rejects. Default: there is nothing to erase */
  readonly erase?: (before: KeyRecord, after: KeyRecord) => Promise<void>;
  readonly log: Logger;
  readonly onEvent: (event: KeyLifecycleEvent) => void;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * What was done with a key; `nothing`: nothing had to be, another was first or things have changed; `stuck`: it stays due,
 * and nothing can be done.
 */
export type WorkOutcome = 'rotated' | 'destroyed' | 'nothing' | 'stuck';

/**
 * The changes that the server makes to a key by itself. Each is decided on the record that it changes, and comes about only
 * if that record is still the one: so it is done once, however many processes try, and what a client changed meanwhile counts.
 */
export class KeyLifecycleWork {
  readonly #options: KeyLifecycleWorkOptions;
  readonly #clock: () => number;

  constructor(options: KeyLifecycleWorkOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Whatever time asks for. @throws TamperedRecordError, UnavailableError, SealedError, and what making a version throws */
  async doDue(id: KeyRecordId): Promise<WorkOutcome> {
    const record = await this.#options.keys.find(id);
    if (!record) return 'nothing';
    const now = this.#clock();
    const work = dueWork(record, now);
    if (work === 'destroy') return this.#destroy(record);
    if (work === 'rotate') return this.#rotate(id, 'age', this.#isDueFor('rotate'));
    return record.dueAt !== undefined && record.dueAt <= now ? 'stuck' : 'nothing';
  }

  /** @throws as `doDue` */
  async rotateUsedUp(id: KeyRecordId): Promise<WorkOutcome> {
    const record = await this.#options.keys.find(id);
    if (!record) return 'nothing';
    const {version} = currentVersion(record);
    const uses = (await this.#options.uses.find(id)).get(version) ?? 0;
    return this.#rotate(id, 'uses', (current) => isUsedUp(current, {version, uses}, this.#clock()));
  }

  async #destroy(found: KeyRecord): Promise<WorkOutcome> {
    const {keys, erase} = this.#options;
    const isDue = this.#isDueFor('destroy');
    let record: KeyRecord | undefined = found;
    for (let attempts = 1; record && isDue(record); attempts++) {
      try {
        const destroyed = destroyKey(record, this.#clock());
        await keys.update(destroyed);
        await erase?.(record, destroyed);
        this.#tell('destroyed', {key: keyUrl(record)}, 'key destroyed');
        return 'destroyed';
      } catch (error) {
        // Sealed anew, or destroyed by another: whatever it is now is what counts.
        if (!(error instanceof KeySequenceError) || attempts === MAX_ATTEMPTS) throw error;
        record = await keys.find(record);
      }
    }
    return 'nothing';
  }

  async #rotate(
    id: KeyRecordId,
    reason: 'age' | 'uses',
    isDue: (record: KeyRecord) => boolean,
  ): Promise<WorkOutcome> {
    let before: KeyRecord | undefined;
    const isStillDue = (record: KeyRecord): boolean => {
      before = record;
      return isDue(record);
    };
    const rotated = await this.#options.rotate(id, isStillDue).catch(ignoreDeleted);
    if (!rotated || !before) return 'nothing';
    const key = keyUrl(id);
    this.#tell('rotated', {key, version: currentVersion(rotated).version, reason}, 'key rotated by policy');
    const gone = new Set(destroyedVersions(before));
    const versions = destroyedVersions(rotated).filter((version) => !gone.has(version));
    if (versions.length > 0) this.#tell('version-destroyed', {key, versions}, 'old versions destroyed');
    return 'rotated';
  }

  #isDueFor(work: DueWork): (record: KeyRecord) => boolean {
    return (record) => dueWork(record, this.#clock()) === work;
  }

  #tell(event: KeyLifecycleEvent, fields: object, message: string): void {
    this.#options.onEvent(event);
    this.#options.log.info(fields, message);
  }
}

/** The key went with its keystore. */
function ignoreDeleted(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

function destroyedVersions({versions}: KeyRecord): readonly number[] {
  return versions.flatMap(({version, state}) => (state === 'destroyed' ? [version] : []));
}
