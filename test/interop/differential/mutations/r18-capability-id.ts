import {afterSigning, leafMembers, Mutations} from '../mutation.ts';

/** Ids. */
export const R18 = new Mutations('R18')
  .refused(
    'relative',
    leafMembers(() => ({id: 'capability'})),
  )
  .refused(
    'a number',
    leafMembers(() => ({id: 1})),
  )
  .refused(
    'a list',
    afterSigning(({id, ...leaf}) => ({id: [id], ...leaf})),
  )
  .refused(
    'null',
    afterSigning((leaf) => ({...leaf, id: null})),
  )
  .refused(
    'empty',
    leafMembers(() => ({id: ''})),
  )
  .refused(
    'another after signing',
    afterSigning((leaf, _base, {random}) => ({...leaf, id: `urn:uuid:${random.uuid()}`})),
  )
  .stricter(
    'longer than 1 KB',
    'R18.id',
    leafMembers(() => ({id: `urn:example:${'x'.repeat(1100)}`})),
  )
  .stricter(
    "a root capability's form",
    'R18.id',
    leafMembers((_base, {random}) => ({id: `urn:zcap:root:${random.uuid()}`})),
  )
  .refused(
    "the root's own",
    leafMembers(({root}) => ({id: root})),
  )
  .refused(
    "its parent's",
    leafMembers((_base, _kit, {document}) => ({id: document['parentCapability']}), {depths: [2, 3]}),
  )
  .accepted(
    'an https URL',
    leafMembers((_base, {random}) => ({id: `https://example.com/zcaps/${random.uuid()}`})),
  )
  .accepted(
    'a URN',
    leafMembers((_base, {random}) => ({id: `urn:zcap:delegated:${random.uuid()}`})),
  )
  .refused(
    'without a scheme that is one',
    leafMembers(() => ({id: '1x:capability'})),
  );
