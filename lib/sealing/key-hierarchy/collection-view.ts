/**
 * What this process knows of the store's collection version. Its own changes add one each; that nobody else did anything
 * shows where they account for all that was added, as others add at least one each.
 */
export class CollectionView {
  readonly #read: () => Promise<number>;
  #version: number | undefined;
  /** Changes of this process that are surely in what the next update finds added. */
  #own = 0;
  /** Another number before and after each update. */
  #moment = 0;

  constructor(read: () => Promise<number>) {
    this.#read = read;
  }

  /** Does a change of this process; `changed` says of its result whether it surely changed something. */
  async change<T>(work: () => Promise<T>, changed: (result: T) => boolean = () => true): Promise<T> {
    const moment = this.#moment;
    const result = await work();
    // Of a change while an update was reading nobody can say whether it is in what was read.
    if (moment === this.#moment && changed(result)) this.#own++;
    return result;
  }

  /** Reads the version. @returns whether others may have changed something since the last time */
  async update(): Promise<boolean> {
    const [before, own] = [this.#version, this.#own];
    this.#moment++;
    const version = await this.#read();
    this.#moment++;
    this.#own = 0;
    this.#version = version;
    return before === undefined || version - before !== own;
  }
}
