import type {Relationship, VerificationMethod, VerificationMethodFacts} from './verification-method.ts';

/** What this server believes of a DID document. `now` is in milliseconds since the epoch. */
export interface DidDocument {
  readonly id: string;
  /** @throws DidError `not-found`, `key`, `document`, `syntax`, `revoked` */
  method(id: string, now: number): VerificationMethod;
  /** Every method that `method` would give. */
  usableMethods(now: number): readonly VerificationMethodFacts[];
  /** The DID URLs that the document lists under a relationship; those of other documents too. */
  references(relationship: Relationship): ReadonlySet<string>;
}
