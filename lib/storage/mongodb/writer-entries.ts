import {UnavailableError} from '../../errors.ts';
import type {Documents, Place} from './documents.ts';
import {newRevision, type Target, type Writer} from './guard-document.ts';

/** What is done with the entries of writers, one's own and others': see guarded-write.ts. */
export class WriterEntries {
  readonly #documents: Documents;
  readonly #step: (step: string) => Promise<void>;

  constructor(documents: Documents, step: (step: string) => Promise<void>) {
    this.#documents = documents;
    this.#step = step;
  }

  /** From here on the writer either has written, or will find that it cannot. */
  async fence({targets}: Pick<Writer, 'targets'>): Promise<void> {
    for (const target of targets) while (!(await this.#fenceTarget(target)));
  }

  /**
   * A write that finds nothing to change is answered by the primary alone, and so by one that was replaced and does not know it:
   * that what was to be written is another one by now is believed of a decisive reading.
   */
  async #fenceTarget(target: Target): Promise<boolean> {
    const asItWas = {revision: target.revision};
    await this.#step('fence');
    const isFenced = target.isPlaceholder
      ? await this.#documents.delete(target, asItWas)
      : await this.#documents.update(target, asItWas, {$set: {revision: newRevision()}});
    if (isFenced) return true;
    const stored = await this.#documents.read(target, 'decisive');
    return stored?.['revision'] !== target.revision;
  }

  /** Takes an entry away, and counts it: once, whoever does it. @returns false where nobody knows whether it was done */
  async remove(guard: Place, {id, countWritten}: CountedEntry): Promise<boolean> {
    const entry = `writers.${id}`;
    await this.#step('unregister');
    try {
      await this.#documents.update(
        guard,
        {[entry]: {$exists: true}},
        {$unset: {[entry]: ''}, ...(countWritten !== undefined && {$inc: {[countWritten]: 1}})},
      );
      return true;
    } catch (error) {
      if (error instanceof UnavailableError) return false;
      throw error;
    }
  }

  /** Ends a writer that seems dead. It is counted, as it may have written. */
  async tidy(guard: Place, writer: Writer): Promise<void> {
    await this.fence(writer);
    await this.remove(guard, writer);
  }
}

interface CountedEntry {
  readonly id: string;
  /** A member of the guard, which one is added to. */
  readonly countWritten?: string | undefined;
}
