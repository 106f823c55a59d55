import {afterSigning, leafMembers, Mutations} from '../mutation.ts';

/** Targets as a document holds them. What they may be narrowed to: R31. */
export const R20 = new Mutations('R20')
  .refused(
    'http',
    leafMembers(({url}) => ({invocationTarget: url.replace('https', 'http')})),
  )
  .refused(
    'a list of one',
    leafMembers(({url}) => ({invocationTarget: [url]})),
  )
  .refused(
    'an object',
    leafMembers(({url}) => ({invocationTarget: {id: url}})),
  )
  .refused(
    'null',
    leafMembers(() => ({invocationTarget: null})),
  )
  .refused(
    'empty',
    leafMembers(() => ({invocationTarget: ''})),
  )
  .refused(
    'a number',
    leafMembers(() => ({invocationTarget: 1})),
  )
  .refused(
    'a path',
    leafMembers(({url}) => ({invocationTarget: new URL(url).pathname})),
  )
  .refused(
    'a URN',
    leafMembers(() => ({invocationTarget: 'urn:uuid:00000000-0000-4000-8000-000000000000'})),
  )
  .refused(
    'the scheme in upper case',
    leafMembers(({url}) => ({invocationTarget: url.replace('https', 'HTTPS')})),
  )
  .refused(
    'the host in upper case',
    leafMembers(({url}) => ({invocationTarget: url.replace('localhost', 'LOCALHOST')})),
  )
  .refused(
    'a user',
    leafMembers(({url}) => ({invocationTarget: url.replace('https://', 'https://user@')})),
  )
  .refused(
    'changed after signing',
    afterSigning((leaf, {url}) => ({...leaf, invocationTarget: `${url}/`})),
  );
