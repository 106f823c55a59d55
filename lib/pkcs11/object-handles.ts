import type {Handle} from './token-job.ts';

const MAX_HANDLES = 16_384;

/** Handles of token objects by what names them, as long as they hold; several who look for one wait for the same answer. */
export class ObjectHandles {
  #handles = new Map<string, Promise<Handle>>();
  #era = 0;

  /** Handles of private objects end with the login that `era` is of. */
  enter(era: number): void {
    if (era !== this.#era) this.clear();
    this.#era = era;
  }

  async get(name: string, find: () => Promise<Handle>): Promise<Handle> {
    const known = this.#handles.get(name);
    if (known) return known;
    const handles = this.#handles;
    const [oldest] = handles.keys();
    if (oldest !== undefined && handles.size >= MAX_HANDLES) handles.delete(oldest);
    const finding = find();
    handles.set(name, finding);
    try {
      return await finding;
    } catch (error) {
      if (handles.get(name) === finding) handles.delete(name);
      throw error;
    }
  }

  forget(name: string): void {
    this.#handles.delete(name);
  }

  /** What is being looked for meanwhile is not kept. */
  clear(): void {
    this.#handles = new Map();
  }
}
