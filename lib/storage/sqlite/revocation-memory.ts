import type {RevocationKey} from '../revocation-store.ts';

type Named = Omit<RevocationKey, 'keystoreId'>;

interface Asked {
  /** Position of the keystore. */
  readonly keystore: number;
  readonly revocations: readonly Named[];
}

/** Ids are made by who asks: they may be long. */
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** Whether capabilities are revoked, as it was read in the present version of the database (`SqliteConnection.dataVersion`). */
export class RevocationMemory {
  readonly #isRevoked = new Map<string, boolean>();
  #characters = 0;
  #version = -1;

  /** @returns whether any is; undefined where that is not known of all of them. */
  recall(version: number, {keystore, revocations}: Asked): boolean | undefined {
    let isAny = false;
    for (const revocation of revocations) {
      const isRevoked =
        version === this.#version ? this.#isRevoked.get(nameOf(keystore, revocation)) : undefined;
      if (isRevoked === undefined) return undefined;
      isAny ||= isRevoked;
    }
    return isAny;
  }

  /** Asks the database about each, and remembers the answers. @returns whether any is revoked */
  take(
    version: number,
    {keystore, revocations, isRevoked}: Asked & {readonly isRevoked: (revocation: Named) => boolean},
  ): boolean {
    if (version !== this.#version || this.#characters > MAX_CHARACTERS) this.#forget();
    this.#version = version;
    let isAny = false;
    for (const revocation of revocations) {
      const answer = isRevoked(revocation);
      const name = nameOf(keystore, revocation);
      this.#isRevoked.set(name, answer);
      this.#characters += name.length;
      isAny ||= answer;
    }
    return isAny;
  }

  #forget(): void {
    this.#isRevoked.clear();
    this.#characters = 0;
  }
}

/** No two have the same, whatever is in them. */
const nameOf = (keystore: number, {delegator, capabilityId}: Named): string =>
  `${keystore} ${delegator.length} ${delegator}${capabilityId}`;
