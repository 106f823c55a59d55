import {parseXsdDateTime} from '../encoding/xsd-date-time.ts';
import {NotAllowedError} from '../errors.ts';
import {assertMembers, isRecord} from './shape.ts';

/** A delegation proof, its shape checked; the signature is not verified yet. */
export interface DelegationProof {
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** DID URL. */
  readonly verificationMethod: string;
  /** The DID of `verificationMethod`: who delegated. */
  readonly delegator: string;
}

export interface ChainedDelegationProof extends DelegationProof {
  /** Ids of the root and of every parent but the last, as strings; the last is the parent itself where it is delegated (R25). */
  readonly capabilityChain: readonly unknown[];
}

const MEMBERS = [
  'type',
  'created',
  'verificationMethod',
  'proofPurpose',
  'capabilityChain',
  'proofValue',
] as const;
const METHOD = /^(did:[a-z0-9]+:[A-Za-z0-9._:%-]+)#[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+$/;
const MAX_METHOD_LENGTH = 2048;
/** 64 bytes of base58btc. */
const PROOF_VALUE = /^z[1-9A-HJ-NP-Za-km-z]{64,88}$/;

/** Checks the shape of a capability's one delegation proof (R23). @throws NotAllowedError */
export function parseDelegationProof(proof: unknown): ChainedDelegationProof {
  if (!isRecord(proof)) throw refused('Delegated capability must have exactly one proof.');
  assertMembers(proof, {required: MEMBERS, of: 'delegation proof'});
  if (proof['type'] !== 'Ed25519Signature2020' || proof['proofPurpose'] !== 'capabilityDelegation') {
    throw refused('The proof must be an Ed25519Signature2020 for capabilityDelegation.');
  }
  const {capabilityChain, created: createdText, verificationMethod, proofValue} = proof;
  if (typeof proofValue !== 'string' || !PROOF_VALUE.test(proofValue))
    throw refused('The "proofValue" must be multibase base58btc.');
  const created = typeof createdText === 'string' ? parseXsdDateTime(createdText) : undefined;
  if (created === undefined) throw refused('Delegated capability must have a valid proof "created" date.');
  const method =
    typeof verificationMethod === 'string' && verificationMethod.length <= MAX_METHOD_LENGTH
      ? METHOD.exec(verificationMethod)
      : null;
  if (!method?.[1]) throw refused('The "verificationMethod" of the proof must be a DID URL with a fragment.');
  if (!Array.isArray(capabilityChain)) throw refused('The proof must have a "capabilityChain" array.');
  return {created, verificationMethod: method[0], delegator: method[1], capabilityChain};
}

function refused(message: string): NotAllowedError {
  return new NotAllowedError('capability-shape', message);
}
