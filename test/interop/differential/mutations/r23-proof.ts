import {encode} from 'base58-universal';
import type {LdDocument} from '../../../support/ld-signatures.ts';
import {afterSigning, date, Mutations, proofMembers, without} from '../mutation.ts';

type Leaf = Readonly<Record<string, unknown>>;

/** Changes the proof after it was signed. */
function proof(change: (proof: LdDocument) => unknown): ReturnType<typeof afterSigning> {
  return afterSigning((leaf: Leaf) => ({...leaf, proof: change(leaf['proof'] as LdDocument)}));
}

/** The one proof of a delegation. */
export const R23 = new Mutations('R23')
  .stricter(
    'a nonce',
    'R23.proof-member',
    proofMembers((_base, {random}) => ({nonce: random.uuid()})),
  )
  .stricter(
    'a domain',
    'R23.proof-member',
    proofMembers(() => ({domain: 'example.com'})),
  )
  .stricter(
    'a challenge',
    'R23.proof-member',
    proofMembers(() => ({challenge: 'challenge'})),
  )
  .stricter(
    'an expiry of its own',
    'R23.proof-member',
    proofMembers(() => ({expires: date(-3_600_000)})),
  )
  .stricter(
    'an id',
    'R23.proof-member',
    proofMembers((_base, {random}) => ({id: `urn:uuid:${random.uuid()}`})),
  )
  .stricter(
    'a context of its own',
    'R23.proof-member',
    proofMembers((_base, _kit, {document}) => ({'@context': document['@context']})),
  )
  .stricter(
    'a list of one',
    'R23.one-proof',
    proof((own) => [own]),
  )
  .stricter(
    'a second proof of another purpose',
    'R23.one-proof',
    proof((own) => [own, {...own, proofPurpose: 'authentication'}]),
  )
  .stricter(
    'a second proof, empty',
    'R23.one-proof',
    proof((own) => [own, {}]),
  )
  .stricter(
    'the verification method as an object',
    'R23.respelled',
    proof(({verificationMethod, ...own}) => ({
      ...own,
      verificationMethod: {id: verificationMethod},
    })),
  )
  .refused(
    'a second delegation proof',
    proof((own) => [own, own]),
  )
  .refused(
    'an empty list',
    proof(() => []),
  )
  .refused(
    'null',
    proof(() => null),
  )
  .refused(
    'a text',
    proof(() => 'proof'),
  )
  .refused(
    'another type',
    proofMembers(() => ({type: 'Ed25519Signature2018'})),
  )
  .refused(
    'a type of a data integrity proof',
    proofMembers(() => ({type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022'})),
  )
  .refused(
    'a list of types',
    proof(({type, ...own}) => ({type: [type], ...own})),
  )
  .refused(
    'another purpose',
    proofMembers(() => ({proofPurpose: 'assertionMethod'})),
  )
  .refused(
    'the purpose of invocations',
    proofMembers(() => ({proofPurpose: 'capabilityInvocation'})),
  )
  .refused(
    'a purpose as an IRI',
    proof((own) => ({...own, proofPurpose: 'https://w3id.org/security#capabilityDelegationMethod'})),
  )
  .refused(
    'no purpose',
    proof((own) => without(own, 'proofPurpose')),
  )
  .refused(
    'no value',
    proof((own) => without(own, 'proofValue')),
  )
  .refused(
    'an empty value',
    proof((own) => ({...own, proofValue: ''})),
  )
  .refused(
    'a value of 63 bytes',
    proof((own) => ({...own, proofValue: `z${encode(Buffer.alloc(63, 1))}`})),
  )
  .refused(
    'a value of zeroes',
    proof((own) => ({...own, proofValue: `z${encode(Buffer.alloc(64))}`})),
  )
  .refused(
    'a value in another multibase',
    proof((own) => ({...own, proofValue: `u${String(own['proofValue']).slice(1)}`})),
  )
  .refused(
    'a value in a list',
    proof((own) => ({...own, proofValue: [own['proofValue']]})),
  )
  .refused(
    'no verification method',
    proof((own) => without(own, 'verificationMethod')),
  )
  .refused(
    'created later than signed',
    proof((own) => ({...own, created: date(0)})),
  )
  .refused(
    'a nonce added after signing',
    proof((own) => ({...own, nonce: 'nonce'})),
  );
