import {capabilityInvocation, rootCapabilityId} from '../../../support/signed-request.ts';
import {Mutations, onBase, onDraft} from '../mutation.ts';

const creation = {kinds: ['createKeystore'] as const};

const direct = {kinds: ['createKeystore'] as const, depths: [0]};

/** Roots are the server's: who controls the collection of keystores. */
export const R24 = new Mutations('R24')
  .refused(
    "a keystore in somebody else's name",
    onBase((base, {world}) => ({...base, json: {...base.json, controller: world.stranger.did}}), creation),
  )
  .refused(
    'a keystore by a stranger',
    onBase((base, {world}) => ({...base, signer: world.stranger}), creation),
  )
  .refused(
    'a keystore for nobody',
    onBase((base) => ({...base, json: {sequence: 0}}), creation),
  )
  .refused(
    'a keystore for no DID',
    onBase((base) => ({...base, json: {sequence: 0, controller: 'alice'}}), creation),
  )
  .refused(
    'a keystore for an empty list',
    onBase((base) => ({...base, json: {sequence: 0, controller: []}}), creation),
  )
  .stricter(
    'a keystore for a mistyped did:key, too',
    'R24.controller',
    onBase(
      (base) => ({
        ...base,
        json: {...base.json, controller: [base.json?.['controller'], base.signer.did.slice(0, -1)].flat()},
      }),
      creation,
    ),
  )
  .refused(
    'a keystore that begins later',
    onBase((base) => ({...base, json: {...base.json, sequence: 1}}), creation),
  )
  .refused(
    'a keystore with an id',
    onBase((base, {world}) => ({...base, json: {...base.json, id: world.property.keystore}}), creation),
  )
  .refused(
    "by a keystore's root",
    onBase(
      (base, {world}) => ({
        ...base,
        root: rootCapabilityId(world.property.keystore),
        signer: world.property.owner,
      }),
      direct,
    ),
  )
  .refused(
    "somebody else's keystores",
    onBase(
      (base, {world}) => ({
        ...base,
        url: `${world.keystores}?controller=${encodeURIComponent(world.foreign.owner.did)}`,
      }),
      {kinds: ['listKeystores'], depths: [0]},
    ),
  )
  .refused(
    "nobody's keystores",
    onBase((base, {world}) => ({...base, url: world.keystores}), {kinds: ['listKeystores'], depths: [0]}),
  )
  .refused(
    'the root as a document',
    onDraft(
      (_draft, {root, signer, action, url}) => ({
        capabilityInvocation: capabilityInvocation({
          capability: {
            '@context': 'https://w3id.org/zcap/v1',
            id: root,
            controller: signer.did,
            invocationTarget: url,
          },
          action,
        }),
      }),
      {depths: [0]},
    ),
  )
  .refused(
    'the root as a document, with a parent',
    onDraft(
      (_draft, {root, signer, action, url}) => ({
        capabilityInvocation: capabilityInvocation({
          capability: {
            '@context': ['https://w3id.org/zcap/v1'],
            id: root,
            controller: signer.did,
            invocationTarget: url,
            parentCapability: root,
          },
          action,
        }),
      }),
      {depths: [0]},
    ),
  )
  .accepted(
    'a keystore for several',
    onBase(
      (base, {world}) => ({
        ...base,
        json: {...base.json, controller: [base.json!['controller'], world.stranger.did]},
      }),
      creation,
    ),
  );
