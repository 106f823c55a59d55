import {type Controller, controller} from '../../support/did-key.ts';

export const alice: Controller = controller('did-web-alice');
export const mallory: Controller = controller('did-web-mallory');

export type Json = Record<string, unknown>;

/** A verification method node; undefined in `changes` takes a member away. */
export function methodNode(did: string, changes: Json = {}, party = alice): Json {
  return without({
    id: `${did}#key-1`,
    type: 'Multikey',
    controller: did,
    publicKeyMultibase: party.publicKeyMultibase,
    ...changes,
  });
}

/** A DID document with one key for invoking and delegating; undefined in `changes` takes a member away. */
export function didDocument(did: string, changes: Json = {}): Json {
  return without({
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    verificationMethod: [methodNode(did)],
    capabilityInvocation: [`${did}#key-1`],
    capabilityDelegation: [`${did}#key-1`],
    ...changes,
  });
}

function without(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
