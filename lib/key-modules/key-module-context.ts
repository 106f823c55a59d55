import type {KeyModule, SealedMaterial} from './key-module.ts';

/**
 * Seals under the keys of the server, for modules that have none of their own: what they keep is then as safe as the
 * software module's keys, and is sealed anew when the server's keys are rotated (`KeyModule.reseal`).
 */
export interface KeyModuleSealer {
  /** @param additionalData names what it is, e.g. key and version: it opens only with the same. @throws UnavailableError */
  seal(
    keystoreId: string,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Required<SealedMaterial>>;
  /** The caller zeroes what it gets. @throws InternalError where it does not open. @throws UnavailableError */
  open(keystoreId: string, material: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array>;
}

/** Goes to the server's log. Nothing secret: it is not looked through. */
export interface KeyModuleLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the server gives a key module that it loads. */
export interface KeyModuleContext {
  /** What keystores call it: to be the module's `id`. */
  readonly name: string;
  readonly sealer: KeyModuleSealer;
  readonly log: KeyModuleLog;
}

/**
 * What the package or file of a key module exports by the name `createKeyModule`; called once in each process of the server.
 * Where it throws, the server does not start, and shows the error's message to the operator.
 */
export type CreateKeyModule = (context: KeyModuleContext) => KeyModule | Promise<KeyModule>;
