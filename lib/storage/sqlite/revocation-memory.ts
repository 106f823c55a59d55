import type {RevocationKey} from '../revocation-store.ts';

export type NamedRevocations = readonly Omit<RevocationKey, 'keystoreId'>[];

interface Answer {
  /** Position of the keystore in which it was asked. */
  readonly keystore: number;
  /** Of the database, in which it was read. */
  readonly version: number;
  readonly isAnyRevoked: boolean;
}

/**
 * Whether any of a list's capabilities is revoked, as it was read in a version of the database (`SqliteConnection.dataVersion`).
 * Known by the list itself, for as long as somebody keeps it: nobody may change one.
 */
export class RevocationMemory {
  readonly #answers = new WeakMap<NamedRevocations, Answer>();

  /** Whether the list was ever asked about. */
  has(revocations: NamedRevocations): boolean {
    return revocations.length === 0 || this.#answers.has(revocations);
  }

  /** @returns undefined where that was not read in that keystore and version */
  recall(revocations: NamedRevocations, keystore: number, version: number): boolean | undefined {
    if (revocations.length === 0) return false;
    const answer = this.#answers.get(revocations);
    return answer?.version === version && answer.keystore === keystore ? answer.isAnyRevoked : undefined;
  }

  /** Takes what was read. */
  remember(revocations: NamedRevocations, answer: Answer): void {
    if (revocations.length > 0) this.#answers.set(revocations, answer);
  }
}
