import {formatAuthorization} from '../../../support/signed-request.ts';
import {READS} from '../kinds.ts';
import {Mutations, onDraft, seconds} from '../mutation.ts';

/** When a signature is good. */
let calls = 0;

/** A time window that began long ago, another at each call: a creation that is repeated later than at once is a replay (R11). */
function longAgo(from: number, lasting: number): {created: string; expires: string} {
  const start = from - (calls++ % 40);
  return {created: seconds(start), expires: seconds(start + lasting)};
}

export const R4 = new Mutations('R4')
  .refused(
    'created six minutes from now',
    onDraft(() => ({created: seconds(360), expires: seconds(900)})),
  )
  .refused(
    'created a year from now',
    onDraft(() => ({created: seconds(31_536_000), expires: seconds(31_536_500)})),
  )
  .refused(
    'expired six minutes ago',
    onDraft(() => ({created: seconds(-900), expires: seconds(-360)})),
  )
  .refused(
    'expired a year ago',
    onDraft(() => ({created: seconds(-31_536_600), expires: seconds(-31_536_000)})),
  )
  .accepted(
    'created four minutes from now',
    onDraft(() => ({created: seconds(240), expires: seconds(800)})),
  )
  .accepted(
    'expired four minutes ago',
    onDraft(() => longAgo(-800, 560)),
  )
  .accepted(
    'good for 15 minutes',
    onDraft(() => longAgo(-100, 899)),
  )
  .accepted(
    'good for a second',
    onDraft(() => ({created: seconds(0), expires: seconds(1)})),
  )
  .stricter(
    'good for 16 minutes',
    'R4.lifetime',
    onDraft(() => ({created: seconds(0), expires: seconds(960)})),
  )
  .stricter(
    'good for a year',
    'R4.lifetime',
    onDraft(() => ({expires: seconds(31_536_000)})),
  )
  .stricter(
    'created a day ago, still good',
    'R4.lifetime',
    onDraft(() => ({created: seconds(-86_000), expires: seconds(100)}), {depths: [0]}),
  )
  .stricter(
    'expires when it is created',
    'R4.lifetime',
    onDraft(({created}) => ({expires: created})),
  )
  .stricter(
    'expires before it is created',
    'R4.lifetime',
    onDraft(() => ({created: seconds(60), expires: seconds(30)})),
  )
  .refused(
    'a year later written into the header',
    onDraft(({expires}) => ({
      formatAuthorization: (parameters) =>
        formatAuthorization({...parameters, expires: String(Number(expires) + 31_536_000)}),
    })),
  )
  .refused(
    'a second later written into the header',
    onDraft(({expires}) => ({
      formatAuthorization: (parameters) =>
        formatAuthorization({...parameters, expires: String(Number(expires) + 1)}),
    })),
  )
  .refused(
    'a stale X-Date',
    onDraft(({headers}) => ({
      headers: [...headers, ['x-date', new Date(Date.now() - 3_600_000).toUTCString()]],
    })),
  )
  .refused(
    'a stale Expires',
    onDraft(({headers}) => ({
      headers: [...headers, ['expires', new Date(Date.now() - 3_600_000).toUTCString()]],
    })),
  )
  .refused(
    'a stale Date, signed',
    onDraft(({headers, signedHeaders}) => ({
      headers: [...headers, ['date', new Date(Date.now() - 3_600_000).toUTCString()]],
      signedHeaders: [...signedHeaders, 'date'],
    })),
  )
  .excepted(
    'a stale Date, unsigned',
    'R4.stale-unsigned-date',
    onDraft(({headers}) => ({
      headers: [...headers, ['date', new Date(Date.now() - 3_600_000).toUTCString()]],
    })),
  )
  .accepted(
    'a Date of now',
    onDraft(({headers}) => ({headers: [...headers, ['date', new Date().toUTCString()]]}), {kinds: READS}),
  );
