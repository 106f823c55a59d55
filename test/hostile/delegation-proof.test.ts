import {itRefuses, useScene, type Case} from './support/cases.ts';
import {delegated, draft, setProof, tampered, type Change, type TamperedRow} from './support/delegations.ts';
import {forbidden, unproven, type Refusal} from './support/refusal.ts';

const shape = (says: string) => forbidden('capability-shape', says);
const UNKNOWN_PROOF_MEMBER = shape('The delegation proof has a member that is not allowed.');
const CREATED = shape('Delegated capability must have a valid proof "created" date.');
const ONE_PROOF = shape('Delegated capability must have exactly one proof.');
const PROOF_TYPE = shape('The proof must be an Ed25519Signature2020 for capabilityDelegation.');
const METHOD = shape('The "verificationMethod" of the proof must be a DID URL with a fragment.');
const PROOF_VALUE = shape('The "proofValue" must be multibase base58btc.');
const NOT_DELEGATED = forbidden(
  'delegator',
  'The capability controller does not match the verification method (or its controller) used to delegate.',
);

type Row = readonly [title: string, change: Change, refusal: Refusal];

const PROOFS: readonly Row[] = [
  ['R22 a local date of creation', setProof({created: '2026-01-01T00:00:00'}), CREATED],
  ['R23 another type', setProof({type: 'Ed25519Signature2018'}), PROOF_TYPE],
  [
    'R23 a data integrity proof',
    setProof({type: 'DataIntegrityProof', cryptosuite: 'eddsa-2022'}),
    UNKNOWN_PROOF_MEMBER,
  ],
  ['R23 another purpose', setProof({proofPurpose: 'assertionMethod'}), PROOF_TYPE],
  ['R23 to invoke, not to delegate', setProof({proofPurpose: 'capabilityInvocation'}), PROOF_TYPE],
  ['R23 a challenge', setProof({challenge: 'x'}), UNKNOWN_PROOF_MEMBER],
  ['R23 a capability in the proof', setProof({capability: 'urn:zcap:root:x'}), UNKNOWN_PROOF_MEMBER],
  ['R23 a context in the proof', setProof({'@context': 'https://w3id.org/zcap/v1'}), UNKNOWN_PROOF_MEMBER],
  ['R23 a jws', setProof({jws: 'x'}), UNKNOWN_PROOF_MEMBER],
  ...['created', 'verificationMethod', 'proofPurpose', 'capabilityChain'].map((name): Row => [
    `R23 no ${name}`,
    setProof({[name]: undefined}),
    shape(`The delegation proof must have the member "${name}".`),
  ]),
  ['R23 a method that is a DID', (d, s) => setProof({verificationMethod: s.owner.did})(d, s), METHOD],
  [
    'R23 a method that is an object',
    (d, s) => setProof({verificationMethod: {id: s.owner.keyId}})(d, s),
    METHOD,
  ],
  ['R23 a method that is a URL', setProof({verificationMethod: 'https://example.com/did.json#key'}), METHOD],
  ['R23 methods in an array', (d, s) => setProof({verificationMethod: [s.owner.keyId]})(d, s), METHOD],
  ['R29 by somebody who is not the controller', (_, s) => draft(s, {delegator: s.stranger}), NOT_DELEGATED],
  [
    "R29 in the owner's name, by somebody else",
    (d, s) => ({...d, delegator: s.stranger}),
    unproven('Invalid signature'),
  ],
];

const TAMPERED: readonly TamperedRow[] = [
  [
    'R29 the controller',
    (c, s) => ({...c, controller: [s.alice.did, s.bob.did]}),
    unproven('Invalid signature'),
  ],
  [
    'R29 the expiry',
    (c) => ({...c, expires: new Date(Date.now() + 7_200_000).toISOString()}),
    unproven('Invalid signature'),
  ],
  ['R29 the actions', (c) => ({...c, allowedAction: ['sign', 'verify']}), unproven('Invalid signature')],
  ['R29 the target', (c, s) => ({...c, invocationTarget: s.keystore}), unproven('Invalid signature')],
  ['R29 the id', (c) => ({...c, id: `${c.id}0`}), unproven('Invalid signature')],
  [
    'R23 no type',
    (c) => ({...c, proof: {...c.proof, type: undefined}}),
    shape('The delegation proof must have the member "type".'),
  ],
  ['R23 two proofs', (c) => ({...c, proof: [c.proof, c.proof]}), ONE_PROOF],
  ['R23 one proof in an array', (c) => ({...c, proof: [c.proof]}), ONE_PROOF],
  ['R23 no proof', (c) => ({...c, proof: undefined}), shape('The capability must have the member "proof".')],
  ['R23 a proof that is null', (c) => ({...c, proof: null}), ONE_PROOF],
  [
    'R23 a proof value in base64url',
    (c) => ({...c, proof: {...c.proof, proofValue: `u${'A'.repeat(86)}`}}),
    PROOF_VALUE,
  ],
  ['R23 an empty proof value', (c) => ({...c, proof: {...c.proof, proofValue: ''}}), PROOF_VALUE],
  [
    'R23 a proof value of 63 bytes',
    (c) => ({...c, proof: {...c.proof, proofValue: `z${'2'.repeat(86)}`}}),
    unproven('Invalid signature'),
  ],
];

describe('hostile: delegation proof', () => {
  const scene = useScene();
  const cases = PROOFS.map(([title, change, refusal]): Case => ({
    title,
    request: delegated(change),
    refusal,
  }));
  const afterwards = TAMPERED.map(([title, change, refusal]): Case => ({
    title: `${title}, after signing`,
    request: tampered(change),
    refusal,
  }));
  itRefuses(scene, [...cases, ...afterwards], {twin: delegated()});
});
