import {controller} from '../../../support/did-key.ts';
import {afterSigning, leafMembers, Mutations} from '../mutation.ts';

const others = Array.from({length: 11}, (_, index) => controller(`co-controller ${index}`).did);

/** Controllers. */
export const R19 = new Mutations('R19')
  .accepted(
    'the verification method',
    leafMembers(({signer}) => ({controller: signer.keyId})),
  )
  .accepted(
    'a list of one',
    leafMembers(({signer}) => ({controller: [signer.did]})),
  )
  .accepted(
    'a list of several',
    leafMembers(({signer}) => ({controller: [...others.slice(0, 5), signer.did]})),
  )
  .accepted(
    'a list of ten',
    leafMembers(({signer}) => ({controller: [signer.did, ...others.slice(0, 9)]})),
  )
  .stricter(
    'a list of eleven',
    'R19.controllers',
    leafMembers(({signer}) => ({controller: [signer.did, ...others.slice(0, 10)]})),
  )
  .stricter(
    'no DID among them',
    'R19.controllers',
    leafMembers(({signer}) => ({controller: [signer.did, 'https://example.com/alice']})),
  )
  .stricter(
    'a URN among them',
    'R19.controllers',
    leafMembers(({signer}) => ({controller: ['urn:example:alice', signer.did]})),
  )
  .refused(
    'somebody else',
    leafMembers((_base, {world}) => ({controller: world.stranger.did})),
  )
  .refused(
    'others',
    leafMembers(() => ({controller: others.slice(0, 3)})),
  )
  .refused(
    'an empty list',
    leafMembers(() => ({controller: []})),
  )
  .refused(
    'empty',
    leafMembers(() => ({controller: ''})),
  )
  .refused(
    'null',
    leafMembers(() => ({controller: null})),
  )
  .refused(
    'an object',
    leafMembers(({signer}) => ({controller: {id: signer.did}})),
  )
  .refused(
    'an object in a list',
    leafMembers(({signer}) => ({controller: [{id: signer.did}]})),
  )
  .refused(
    'a nested list',
    leafMembers(({signer}) => ({controller: [[signer.did]]})),
  )
  .refused(
    'the DID and a path',
    leafMembers(({signer}) => ({controller: `${signer.did}/path`})),
  )
  .refused(
    'the DID with a fragment of nobody',
    leafMembers(({signer}) => ({controller: `${signer.did}#key-1`})),
  )
  .refused(
    'a prefix of the DID',
    leafMembers(({signer}) => ({controller: signer.did.slice(0, -1)})),
  )
  .refused(
    'changed after signing',
    afterSigning((leaf, {signer}, {world}) => ({...leaf, controller: [signer.did, world.stranger.did]})),
  )
  .refused(
    'no DID',
    leafMembers(() => ({controller: 'https://example.com/alice'})),
  );
