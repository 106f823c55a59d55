/**
 * Fingerprints of the roots of trust that a server has used, and of those that these have vouched for. Where the store may lie, a server that has used
 * one uses no others.
 */
export class UsedRoots {
  readonly #fingerprints = new Set<string>();
  readonly #onNew: () => void;

  /** @param onNew called when there are more */
  constructor(onNew: () => void = () => undefined) {
    this.#onNew = onNew;
  }

  add(fingerprints: readonly string[]): void {
    const {size} = this.#fingerprints;
    for (const fingerprint of fingerprints) this.#fingerprints.add(fingerprint);
    if (this.#fingerprints.size > size) this.#onNew();
  }

  has(fingerprint: string): boolean {
    return this.#fingerprints.has(fingerprint);
  }

  get isEmpty(): boolean {
    return this.#fingerprints.size === 0;
  }

  list(): readonly string[] {
    return [...this.#fingerprints];
  }
}
