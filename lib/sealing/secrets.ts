import {RootOfTrustError} from './root-of-trust-error.ts';

/** Where the secrets of roots of trust come from that are not in files. */
export interface SecretSource {
  /** Reads an environment variable and removes it, so that child processes do not inherit it; undefined where there is none. */
  takeVariable(name: string): Uint8Array | undefined;
  /** Asks a person at a terminal, without echo. @throws RootOfTrustError, `unreadable` where there is no terminal */
  prompt(question: string): Promise<Uint8Array>;
}

export const NO_SECRETS: SecretSource = {
  takeVariable: () => undefined,
  prompt: async () => {
    throw new RootOfTrustError('unreadable', 'There is nobody to ask for a passphrase.');
  },
};

/**
 * The secrets that opening the roots of trust takes. Each is read once, as a terminal, a pipe and a taken variable
 * give it but once, and seeding opens a root twice. `forget` overwrites them.
 */
export class OpeningSecrets {
  readonly source: SecretSource;
  readonly #kept = new Map<string, Uint8Array>();

  constructor(source: SecretSource) {
    this.source = source;
  }

  /** @returns a copy of what `read` gave for this place, which the caller overwrites. */
  async once(place: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.#kept.get(place) ?? (await read());
    this.#kept.set(place, kept);
    return Uint8Array.from(kept);
  }

  forget(): void {
    for (const secret of this.#kept.values()) secret.fill(0);
    this.#kept.clear();
  }
}

/** Gives `work` a secret, and overwrites it afterwards. */
export async function withSecret<T>(
  secret: Uint8Array,
  work: (secret: Uint8Array) => T | Promise<T>,
): Promise<T> {
  try {
    return await work(secret);
  } finally {
    secret.fill(0);
  }
}
