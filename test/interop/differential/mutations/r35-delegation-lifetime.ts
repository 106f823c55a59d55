import {date, DAY_MS, leafMembers, Mutations, onLinks} from '../mutation.ts';
import {dated} from './dated-links.ts';

/** Where there is no parent but the root, whose dates would have to agree. */
const one = {depths: [1]};

const several = {depths: [2, 3]};

/** How long a delegation may live. */
export const R35 = new Mutations('R35')
  .refused(
    '90 days and a second',
    onLinks(() => dated({[-1]: {created: date(-DAY_MS), expires: date(89 * DAY_MS + 1000)}}), one),
  )
  .refused(
    '91 days',
    onLinks(() => dated({[-1]: {expires: date(90 * DAY_MS)}}), one),
  )
  .refused(
    '1000 years',
    leafMembers(() => ({expires: '3026-01-01T00:00:00Z'}), one),
  )
  .refused(
    '91 days at the beginning of the chain',
    onLinks(() => dated({0: {expires: date(90 * DAY_MS)}}), several),
  )
  .refused(
    '1000 years all along',
    onLinks(
      ({grant}) =>
        dated(
          Object.fromEntries(grant!.links.map((_link, index) => [index, {expires: '3026-01-01T00:00:00Z'}])),
        ),
      several,
    ),
  )
  .refused(
    'long ago, and nearly over',
    onLinks(() => dated({[-1]: {created: date(-100 * DAY_MS), expires: date(DAY_MS)}}), one),
  )
  .accepted(
    '89 days',
    onLinks(() => dated({[-1]: {expires: date(88 * DAY_MS)}}), one),
  )
  .accepted(
    '90 days exactly',
    onLinks(() => dated({[-1]: {created: date(-DAY_MS), expires: date(89 * DAY_MS)}}), one),
  );
