import {afterSigning, leafMembers, Mutations, without} from '../mutation.ts';
import {middle} from './middle-link.ts';

/** Members that a capability may have. */
export const R16 = new Mutations('R16')
  .stricter(
    'caveat',
    'R16.unknown-member',
    leafMembers(() => ({caveat: 'urn:example:only-on-fridays'})),
  )
  .stricter(
    'a caveat that is an object',
    'R16.unknown-member',
    leafMembers(() => ({caveat: {type: 'https://example.com/ValidWhileTrue'}})),
  )
  .stricter(
    'invoker',
    'R16.unknown-member',
    leafMembers((_base, {world}) => ({invoker: world.stranger.did})),
  )
  .stricter(
    'delegator',
    'R16.unknown-member',
    leafMembers((_base, {world}) => ({delegator: world.stranger.did})),
  )
  .stricter(
    'referenceId',
    'R16.unknown-member',
    leafMembers(() => ({referenceId: 'reference'})),
  )
  .stricter(
    'publicAlias',
    'R16.unknown-member',
    leafMembers(() => ({publicAlias: 'did:example:alias'})),
  )
  .stricter(
    'type',
    'R16.unknown-member',
    leafMembers(() => ({type: 'https://example.com/Capability'})),
  )
  .stricter(
    'a term that is an IRI',
    'R16.unknown-member',
    leafMembers(() => ({'https://example.com/term': 'value'})),
  )
  .stricter('a caveat in the middle', 'R16.unknown-member', middle({caveat: 'urn:example:never'}))
  .refused(
    'a term that no context defines',
    leafMembers(() => ({nbf: 1})),
  )
  .refused('a term that no context defines, in the middle', middle({nbf: 1}))
  .refused(
    'a caveat added after signing',
    afterSigning((leaf) => ({...leaf, caveat: 'urn:example:never'})),
  )
  .refused(
    'no id',
    leafMembers(() => ({id: undefined})),
  )
  .refused(
    'no controller',
    leafMembers(() => ({controller: undefined})),
  )
  .refused(
    'no parentCapability',
    leafMembers(() => ({parentCapability: undefined})),
  )
  .refused(
    'no invocationTarget',
    leafMembers(() => ({invocationTarget: undefined})),
  )
  .refused(
    'no expires',
    leafMembers(() => ({expires: undefined})),
  )
  .refused(
    'no proof',
    afterSigning((leaf) => without(leaf, 'proof')),
  );
