import {date, DAY_MS, MINUTE_MS, Mutations, onLinks} from '../mutation.ts';
import {dated} from './dated-links.ts';

const several = {depths: [2, 3]};

/** Dates that only shrink. */
export const R33 = new Mutations('R33')
  .refused(
    'expires a second after its parent',
    onLinks(
      () => dated({[-2]: {expires: date(5 * DAY_MS)}, [-1]: {expires: date(5 * DAY_MS + 1000)}}),
      several,
    ),
  )
  .refused(
    'expires a millisecond after its parent',
    onLinks(() => {
      const expires = date(5 * DAY_MS);
      return dated({[-2]: {expires}, [-1]: {expires: expires.replace('Z', '.001Z')}});
    }, several),
  )
  .refused(
    'expires a day after its parent',
    onLinks(() => dated({[-2]: {expires: date(DAY_MS)}, [-1]: {expires: date(2 * DAY_MS)}}), several),
  )
  .refused(
    'expires after its grandparent',
    onLinks(() => dated({[-3]: {expires: date(DAY_MS)}}), {depths: [3]}),
  )
  .refused(
    'created a second before its parent',
    onLinks(() => dated({[-2]: {created: date(-5000)}, [-1]: {created: date(-6000)}}), several),
  )
  .refused(
    'created a millisecond before its parent',
    onLinks(() => {
      const created = date(-5000);
      return dated({[-2]: {created: created.replace('Z', '.001Z')}, [-1]: {created}});
    }, several),
  )
  .refused(
    'created before its grandparent',
    onLinks(() => dated({[-3]: {created: date(-5000)}}), {depths: [3]}),
  )
  .accepted(
    'expires with its parent',
    onLinks(() => {
      const expires = date(5 * DAY_MS);
      return dated({[-2]: {expires}, [-1]: {expires: expires.replace('Z', '+00:00')}});
    }, several),
  )
  .accepted(
    'expires before its parent',
    onLinks(() => dated({[-1]: {expires: date(5 * MINUTE_MS)}}), several),
  )
  .accepted(
    'created after its parent',
    onLinks(() => dated({[-1]: {created: date(-5000)}}), several),
  );
