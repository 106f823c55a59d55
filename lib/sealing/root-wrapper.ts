import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import type {OpeningSecrets} from './secrets.ts';
import type {Wrapper} from './wrapper.ts';

/** A wrapper whose key lies outside the database: a root of trust. `keyId` is a one-way fingerprint of its key. */
export interface RootWrapper extends Wrapper {
  /** Where it was opened, as the store keeps it; never a secret. */
  readonly uri: string;
  /** What the store must keep to open it again, besides the URI; never a secret. */
  readonly parameters?: string;
  /** Looks whether it could be opened again now. @throws RootOfTrustError */
  check(): Promise<void>;
  /**
   * Secret bytes of which `openRootSealer` makes what seals for this root while it is not at hand. The store keeps them
   * sealed under the hierarchy. The caller overwrites them. Absent where a kind of root has no such thing.
   */
  exportSealer?(): Uint8Array;
  /**
   * The secret that the root is made of, for another process of the same server (`RootWrapperScheme.adopt`), which so needs
   * no people and no passphrase. The caller overwrites it. Absent where a kind of root gives it to nobody.
   */
  exportSecret?(): Uint8Array;
}

/** Seals for a root that is not at hand: only the root wrapper itself opens what it gives, by its `open`. */
export interface RootSealer {
  /** The root wrapper's `keyId`. */
  readonly keyId: string;
  seal(plaintext: Uint8Array, additionalData: Uint8Array): Promise<Uint8Array>;
  close(): void;
}

/** Whatever seals root keys under the id that the store and sealed rows know it by. */
export interface IdentifiedRootSealer {
  readonly id: string;
  readonly sealer: Pick<RootSealer, 'keyId' | 'seal'>;
}

/**
 * The roots of trust as they are now: the set lives in the store, and what of it is open changes while the server runs.
 */
export interface RootSet {
  /** What the store lists, as last read, in order of creation; at least one. */
  records(): readonly RootWrapperRecord[];
  /** Those that are open and `active`, or `adding`; none while sealed. */
  opened(): readonly IdentifiedRootWrapper[];
  /** Reads the store's list again. @throws UnavailableError */
  refresh?(): Promise<void>;
}

/** A root wrapper under the id that the store and sealed rows know it by (`rw_…`). */
export interface IdentifiedRootWrapper {
  readonly id: string;
  readonly wrapper: RootWrapper;
}

/** What a scheme may use to open a root. */
export interface RootWrapperAccess {
  /** What the store keeps of it; undefined where it keeps nothing. */
  readonly parameters?: string | undefined;
  readonly secrets: OpeningSecrets;
}

/** A kind of root wrapper, known by its URI's scheme. */
export interface RootWrapperScheme {
  /** What it means that the key found is not the one that the store was sealed with, where that can be said. */
  readonly whenForeign?: string;
  /** Whether a person must be asked to open it, at a terminal. */
  asks?(uri: string): boolean;
  /** Whether what is not there may come while the process runs, without anybody being asked for it. */
  comes?(uri: string): boolean;
  /**
   * Whether opening it runs a program, or gives away a secret, that no setting names but the URI alone. Who can write to the store
   * can write URIs: such a root is opened only where the setting names it, or one that is in use vouches for it.
   */
  runs?(uri: string): boolean;
  /** The one spelling of `uri` that is stored: absolute, without secrets. @throws RootOfTrustError, `bad-setting` */
  normalize(uri: string): string;
  /** Opens a root that exists. @throws RootOfTrustError, `missing` where there is none */
  open(uri: string, access: RootWrapperAccess): Promise<RootWrapper>;
  /**
   * Makes the root of what another process of the server has given (`RootWrapper.exportSecret`); overwriting that is the
   * caller's. Whether it is the right one, the fingerprint says. @throws RootOfTrustError
   */
  adopt?(
    uri: string,
    given: {readonly secret: Uint8Array; readonly parameters?: string | undefined},
  ): RootWrapper;
  /**
   * Makes a new root; atomic and durable.
   * @throws RootOfTrustError, `exists` where there is one, `missing` where this kind is never made
   */
  create(uri: string, access: RootWrapperAccess): Promise<RootWrapper>;
}
