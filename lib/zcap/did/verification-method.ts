import type {KeyObject} from 'node:crypto';
import {importEd25519PublicKey} from './ed25519-public-key.ts';

/** The relationships of a DID document that this server reads (DID Core §5.3). */
export const RELATIONSHIPS = [
  'authentication',
  'assertionMethod',
  'capabilityDelegation',
  'capabilityInvocation',
] as const;
export type Relationship = (typeof RELATIONSHIPS)[number];

/** What a DID document says of one Ed25519 key. */
export interface VerificationMethodFacts {
  /** DID URL with a fragment. */
  readonly id: string;
  /** The DID whose document must list `id`. */
  readonly controller: string;
  /** 32 bytes, checked. */
  readonly publicKey: Uint8Array;
  /** `publicKey` as `z6Mk…`. */
  readonly publicKeyMultibase: string;
}

/** An Ed25519 verification method, ready to verify with. */
export interface VerificationMethod extends VerificationMethodFacts {
  /** `publicKey`, imported once. */
  readonly keyObject: KeyObject;
}

export function importVerificationMethod(facts: VerificationMethodFacts): VerificationMethod {
  return Object.freeze({...facts, keyObject: importEd25519PublicKey(facts.publicKey)});
}
