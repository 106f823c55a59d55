import {DAY_MS, leafMembers, Mutations, onLinks, proofMembers, withMembers} from '../mutation.ts';

/** Where there is no parent but the root, whose dates would have to agree. */
const one = {depths: [1]};

/** Spellings of an instant that JavaScript parses and XML Schema does not have, or that name no instant. */
const SLOPPY: readonly (readonly [string, (time: number) => string])[] = [
  ['no time', (time) => iso(time).slice(0, 10)],
  ['no zone', (time) => iso(time).replace('Z', '')],
  ['a space for T', (time) => iso(time).replace('T', ' ')],
  ['lower case', (time) => iso(time).toLowerCase()],
  ['an HTTP date', (time) => new Date(time).toUTCString()],
  ['a zone without colon', (time) => iso(time).replace('Z', '+0000')],
  ['no seconds', (time) => iso(time).replace(/:\d\dZ/, 'Z')],
  ['24 hours', (time) => iso(time).replace(/T.*/, 'T24:00:00Z')],
  ['six digits of year', (time) => `+00${iso(time)}`],
  ['a zone 15 hours away', (time) => iso(time).replace('Z', '-15:00')],
  ['slashes', (time) => `${iso(time).slice(5, 7)}/${iso(time).slice(8, 10)}/${iso(time).slice(0, 4)}`],
];

/** Spellings that are right, though the official clients have others. */
const RIGHT: readonly (readonly [string, (time: number) => string])[] = [
  ['a zone', (time) => iso(time).replace('Z', '+00:00')],
  ['another zone', (time) => iso(time).replace('Z', '-05:30')],
  ['milliseconds', (time) => iso(time).replace('Z', '.123Z')],
];

const WRONG: readonly (readonly [string, unknown])[] = [
  ['a word', 'tomorrow'],
  ['empty', ''],
  ['a number', 4_102_444_800_000],
  ['null', null],
  ['a 13th month', '2099-13-01T00:00:00Z'],
  ['25 hours', '2099-01-01T25:00:00Z'],
  ['true', true],
  ['a list', ['2099-01-01T00:00:00Z']],
];

function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, -5)}Z`;
}

/** The first of a month, written as a day that the month before does not have; not much more than a month away. */
function nearestFalseDay(): {readonly isPast: boolean; readonly text: string} {
  const now = new Date();
  for (const offset of [0, 1, -1, 2]) {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
    const last = new Date(first.getTime() - DAY_MS);
    if (last.getUTCDate() > 30) continue;
    const text = `${last.toISOString().slice(0, 8)}${last.getUTCDate() === 30 ? '31' : '30'}T00:00:00Z`;
    if (Date.parse(text) !== now.getTime()) return {isPast: Date.parse(text) < now.getTime(), text};
  }
  throw new Error('No month of 30 days is near.');
}

/** How dates are written. */
export const R22 = new Mutations('R22');

for (const [name, write] of SLOPPY) {
  R22.stricter(
    `expires: ${name}`,
    'R22.date',
    leafMembers(() => ({expires: write(Date.now() + 10 * DAY_MS)}), one),
  ).stricter(
    `created: ${name}`,
    'R22.date',
    proofMembers(() => ({created: write(Date.now() - 10 * DAY_MS)}), one),
  );
}

for (const [name, write] of RIGHT) {
  R22.accepted(
    `expires: ${name}`,
    leafMembers(() => ({expires: write(Date.now() + 10 * DAY_MS)}), one),
  ).accepted(
    `created: ${name}`,
    proofMembers(() => ({created: write(Date.now() - 10 * DAY_MS)}), one),
  );
}

for (const [name, value] of WRONG) {
  R22.refused(
    `expires: ${name}`,
    leafMembers(() => ({expires: value}), one),
  ).refused(
    `created: ${name}`,
    proofMembers(() => ({created: value}), one),
  );
}

R22.stricter(
  'a 31st of a month of 30 days',
  'R22.date',
  onLinks(
    () => ({
      [-1]: (draft) => {
        const {isPast, text} = nearestFalseDay();
        return isPast
          ? {...draft, proof: {...draft.proof, created: text}}
          : withMembers(draft, {expires: text});
      },
    }),
    one,
  ),
);
