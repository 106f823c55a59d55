/** Capabilities that are well-formed but whose proofs are not real: for the rules that come before cryptography. */
export type Doc = Record<string, unknown>;

export const KEYSTORE_URL = 'https://kms.example/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz';
export const ROOT_ID = `urn:zcap:root:${encodeURIComponent(KEYSTORE_URL)}`;
export const CREATED = '2027-01-15T08:00:00Z';
export const EXPIRES = '2027-02-15T08:00:00Z';

/** The DID of the n-th party. */
export const did = (n: number): string => `did:key:z6Mk${String.fromCharCode(65 + n)}`;
export const method = (n: number): string => `${did(n)}#z6Mk${String.fromCharCode(65 + n)}`;

/** Delegates `parent` (or the root) from party `n - 1` to party `n`. */
export function delegate(n: number, {parent, ...members}: Doc & {parent?: Doc} = {}): Doc {
  const parentProof = parent?.['proof'] as Doc | undefined;
  const grandparents = (parentProof?.['capabilityChain'] as unknown[] | undefined) ?? [];
  const ids = grandparents.map((entry) => (typeof entry === 'string' ? entry : (entry as Doc)['id']));
  return {
    '@context': ['https://w3id.org/zcap/v1', 'https://w3id.org/security/suites/ed25519-2020/v1'],
    id: `urn:zcap:${n}`,
    controller: did(n),
    parentCapability: parent ? parent['id'] : ROOT_ID,
    invocationTarget: KEYSTORE_URL,
    expires: EXPIRES,
    proof: {
      type: 'Ed25519Signature2020',
      created: CREATED,
      verificationMethod: method(n - 1),
      proofPurpose: 'capabilityDelegation',
      capabilityChain: parent ? [...ids, parent] : [ROOT_ID],
      proofValue: `z${'5'.repeat(87)}`,
    },
    ...members,
  };
}

/** A chain of `links` delegations; `each` may change the members of the n-th (from 1). */
export function chainOf(links: number, each: (n: number) => Doc = () => ({})): Doc {
  let capability = delegate(1, each(1));
  for (let n = 2; n <= links; n++) capability = delegate(n, {parent: capability, ...each(n)});
  return capability;
}

/** The capability with members of its proof replaced. */
export function withProof(capability: Doc, members: Doc): Doc {
  return {...capability, proof: {...(capability['proof'] as Doc), ...members}};
}
