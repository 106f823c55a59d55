import {signDraft} from '../../../support/signed-request.ts';
import {draftOf, makeBase, nameOf} from '../base.ts';
import {relink} from '../grant.ts';
import {date, DAY_MS, leafMembers, type Make, MINUTE_MS, Mutations, onLinks, seconds} from '../mutation.ts';
import {dated} from './dated-links.ts';

const several = {depths: [2, 3]};

/** Makes dates of links, and signs the request at another time. */
function at(
  dates: () => Parameters<typeof dated>[0],
  [created, expires]: readonly [number, number],
  depths: readonly number[],
): Make {
  return async (kit) => {
    const base = await makeBase(kit.world, kit.random, {depths});
    const grant = await relink(base.grant!, dated(dates()));
    const request = signDraft({
      ...draftOf({...base, grant}),
      created: seconds(created),
      expires: seconds(expires),
    });
    return {base: nameOf(base), request};
  };
}

/** What time it is. */
export const R34 = new Mutations('R34')
  .refused(
    'expired six minutes ago',
    leafMembers(() => ({expires: date(-6 * MINUTE_MS)}), {depths: [1, 2, 3]}),
  )
  .refused(
    'expired an hour ago',
    leafMembers(() => ({expires: date(-60 * MINUTE_MS)}), {depths: [1, 2, 3]}),
  )
  .refused(
    'a parent expired, its child does not',
    onLinks(() => dated({[-2]: {expires: date(-6 * MINUTE_MS)}}), several),
  )
  .refused(
    'parent and child expired',
    onLinks(
      () => dated({[-2]: {expires: date(-6 * MINUTE_MS)}, [-1]: {expires: date(-7 * MINUTE_MS)}}),
      several,
    ),
  )
  .refused(
    'delegated six minutes from now',
    onLinks(() => dated({[-1]: {created: date(6 * MINUTE_MS)}}), {depths: [1, 2, 3]}),
  )
  .refused(
    'delegated after the invocation was signed',
    at(() => ({[-1]: {created: date(-1000)}}), [-400, 200], [1, 2, 3]),
  )
  .refused(
    'delegated and expired in the future',
    onLinks(() => dated({[-1]: {created: date(DAY_MS), expires: date(2 * DAY_MS)}}), {depths: [1, 2]}),
  )
  .accepted(
    'expired four minutes ago',
    leafMembers(() => ({expires: date(-4 * MINUTE_MS)}), {depths: [1, 2, 3]}),
  )
  .accepted(
    'parent and child expired four minutes ago',
    onLinks(
      () => dated({[-2]: {expires: date(-4 * MINUTE_MS)}, [-1]: {expires: date(-4 * MINUTE_MS)}}),
      several,
    ),
  )
  .accepted(
    'delegated four minutes from now',
    onLinks(() => dated({[-1]: {created: date(4 * MINUTE_MS)}}), {depths: [1, 2, 3]}),
  )
  .stricter(
    'delegated after it expires',
    'R34.created-after-expires',
    onLinks(() => dated({[-1]: {created: date(MINUTE_MS), expires: date(-MINUTE_MS)}}), {depths: [1, 2]}),
  );
