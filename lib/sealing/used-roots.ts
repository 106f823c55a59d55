/**
 * Fingerprints of the roots of trust that a server has used, and of those that these have vouched for. Where the store may lie, a server that has used
 * one uses no others.
 */
export class UsedRoots {
  readonly #fingerprints = new Set<string>();

  add(fingerprints: readonly string[]): void {
    for (const fingerprint of fingerprints) this.#fingerprints.add(fingerprint);
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
