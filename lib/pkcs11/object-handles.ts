import type {Handle} from './token-job.ts';

export const MAX_HANDLES = 65_536;

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
    const finding = find();
    this.#keep(name, finding);
    try {
      return await finding;
    } catch (error) {
      if (handles.get(name) === finding) handles.delete(name);
      throw error;
    }
  }

  peek(name: string): Promise<Handle> | undefined {
    return this.#handles.get(name);
  }

  set(name: string, handle: Handle): void {
    this.#keep(name, Promise.resolve(handle));
  }

  #keep(name: string, handle: Promise<Handle>): void {
    const [oldest] = this.#handles.keys();
    if (oldest !== undefined && this.#handles.size >= MAX_HANDLES) this.#handles.delete(oldest);
    this.#handles.set(name, handle);
  }

  forget(name: string): void {
    this.#handles.delete(name);
  }

  /** What is being looked for meanwhile is not kept. */
  clear(): void {
    this.#handles = new Map();
  }
}
