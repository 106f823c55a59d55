import {ACTION_NEEDED} from '../kinds.ts';
import {afterSigning, leafMembers, Mutations} from '../mutation.ts';

const needed = {kinds: ACTION_NEEDED, depths: [1, 2, 3]};

/** Actions as a document holds them. What they may be narrowed to: R30. */
export const R21 = new Mutations('R21')
  .stricter(
    'empty, which the reference takes for all',
    'R21.actions',
    leafMembers(() => ({allowedAction: ''}), {depths: [1]}),
  )
  .stricter(
    'a number among them',
    'R21.actions',
    leafMembers(({action}) => ({allowedAction: [action, 1]}), {depths: [1]}),
  )
  .stricter(
    'an empty one among them',
    'R21.actions',
    leafMembers(({action}) => ({allowedAction: [action, '']}), {depths: [1]}),
  )
  .stricter(
    '33 of them',
    'R21.bounds',
    leafMembers(({action}) => ({allowedAction: [action, ...many(32)]}), {depths: [1]}),
  )
  .stricter(
    'one of 129 characters among them',
    'R21.bounds',
    leafMembers(({action}) => ({allowedAction: [action, 'x'.repeat(129)]}), {depths: [1]}),
  )
  .accepted(
    '32 of them',
    leafMembers(({action}) => ({allowedAction: [action, ...many(31)]}), {depths: [1]}),
  )
  .accepted(
    'one, as a text',
    leafMembers(({action}) => ({allowedAction: action})),
  )
  .accepted(
    'one, as a list',
    leafMembers(({action}) => ({allowedAction: [action]})),
  )
  .accepted(
    'one twice',
    leafMembers(({action}) => ({allowedAction: [action, action]})),
  )
  .accepted(
    'absent under an unrestricted parent',
    leafMembers(() => ({allowedAction: undefined}), {depths: [1, 2]}),
  )
  .refused(
    'an empty list',
    leafMembers(() => ({allowedAction: []})),
  )
  .refused(
    'a list of an empty one',
    leafMembers(() => ({allowedAction: ['']})),
  )
  .refused(
    'null',
    leafMembers(() => ({allowedAction: null})),
  )
  .refused(
    'a number',
    leafMembers(() => ({allowedAction: 1})),
  )
  .refused(
    'true',
    leafMembers(() => ({allowedAction: true})),
  )
  .refused(
    'an object',
    leafMembers(({action}) => ({allowedAction: {[action]: true}})),
  )
  .refused(
    'in upper case',
    leafMembers(({action}) => ({allowedAction: action.toUpperCase()}), needed),
  )
  .refused(
    'all of them by a star',
    leafMembers(() => ({allowedAction: '*'}), needed),
  )
  .refused(
    'a text of several',
    leafMembers(({action}) => ({allowedAction: `${action},other`}), needed),
  )
  .refused(
    'changed after signing',
    afterSigning((leaf, {action}) => ({...leaf, allowedAction: [action, 'everything']})),
  );

function many(count: number): readonly string[] {
  return Array.from({length: count}, (_, index) => `other ${index}`);
}
