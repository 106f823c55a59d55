import {ACTION_NEEDED} from '../kinds.ts';
import type {BaseFilter} from '../base.ts';
import type {LinkChanges} from '../grant.ts';
import {type Make, Mutations, onLinks, withMembers} from '../mutation.ts';

type Actions = string | readonly string[] | undefined;

const several = {depths: [2, 3]};
const needed = {kinds: ACTION_NEEDED, depths: [1, 2, 3]};

/** Sets the actions of links, from the end; undefined takes them away. */
function actions(set: (action: string) => readonly Actions[], filter: BaseFilter = several): Make {
  return onLinks(({action}): LinkChanges => {
    const list = set(action);
    return Object.fromEntries(
      list.map((allowedAction, index) => [
        index - list.length,
        (draft) => withMembers(draft, {allowedAction}),
      ]),
    );
  }, filter);
}

/** Actions only shrink. Listed from parent to child. */
export const R30 = new Mutations('R30')
  .refused(
    'one more',
    actions((action) => [[action], [action, 'other']]),
  )
  .refused(
    'omitted under one',
    actions((action) => [action, undefined]),
  )
  .refused(
    'omitted under a list',
    actions((action) => [[action], undefined]),
  )
  .refused(
    'others',
    actions((action) => [['other'], [action]]),
  )
  .refused(
    'another, as a text',
    actions((action) => ['other', action]),
  )
  .refused(
    'omitted by the parent of a restricted grandparent',
    actions((action) => [[action], undefined, [action]], {depths: [3]}),
  )
  .refused(
    'widened in the middle, narrowed at the end',
    actions((action) => [[action], [action, 'other'], [action]], {depths: [3]}),
  )
  .refused(
    'not the one invoked',
    actions(() => [['other']], needed),
  )
  .refused(
    'not the one invoked, as a text',
    actions(() => ['other'], needed),
  )
  .refused(
    'in another case',
    actions((action) => [[action], [`${action[0]!.toUpperCase()}${action.slice(1)}`, action]]),
  )
  .accepted(
    'the same, in another order',
    actions((action) => [
      [action, 'other'],
      ['other', action],
    ]),
  )
  .accepted(
    'fewer',
    actions((action) => [[action, 'other'], [action]]),
  )
  .accepted(
    'one of a list, as a text',
    actions((action) => [[action, 'other'], action]),
  )
  .accepted(
    'the same, as texts',
    actions((action) => [action, action]),
  )
  .excepted(
    'a list of one under a text',
    'R30.action-spelling',
    actions((action) => [action, [action]]),
  )
  .excepted(
    'a list of one twice under a text',
    'R30.action-spelling',
    actions((action) => [action, [action, action]]),
  );
