import {expect} from 'chai';
import fc from 'fast-check';
import {parseXsdDateTime} from '../../lib/encoding/xsd-date-time.ts';

/** [the flawed text, its twin without the flaw] */
const REFUSALS: readonly [what: string, flawed: string, twin: string][] = [
  ['no zone', '2026-11-22T10:20:30', '2026-11-22T10:20:30Z'],
  ['a date alone', '2026-11-22', '2026-11-22T00:00:00Z'],
  ['no seconds', '2026-11-22T10:20Z', '2026-11-22T10:20:00Z'],
  ['a space for the T', '2026-11-22 10:20:30Z', '2026-11-22T10:20:30Z'],
  ['a small t', '2026-11-22t10:20:30Z', '2026-11-22T10:20:30Z'],
  ['a small z', '2026-11-22T10:20:30z', '2026-11-22T10:20:30Z'],
  ['white space before', ' 2026-11-22T10:20:30Z', '2026-11-22T10:20:30Z'],
  ['a line feed after', '2026-11-22T10:20:30Z\n', '2026-11-22T10:20:30Z'],
  ['31 February', '2024-02-31T10:20:30Z', '2024-03-31T10:20:30Z'],
  ['29 February of a common year', '2023-02-29T10:20:30Z', '2024-02-29T10:20:30Z'],
  ['29 February 1900', '1900-02-29T10:20:30Z', '2000-02-29T10:20:30Z'],
  ['31 April', '2026-04-31T10:20:30Z', '2026-04-30T10:20:30Z'],
  ['month 13', '2026-13-01T10:20:30Z', '2026-12-01T10:20:30Z'],
  ['month 0', '2026-00-01T10:20:30Z', '2026-01-01T10:20:30Z'],
  ['day 0', '2026-01-00T10:20:30Z', '2026-01-01T10:20:30Z'],
  ['24:00:00', '2026-01-01T24:00:00Z', '2026-01-01T23:59:59Z'],
  ['minute 60', '2026-01-01T10:60:00Z', '2026-01-01T10:59:00Z'],
  ['a leap second', '2016-12-31T23:59:60Z', '2016-12-31T23:59:59Z'],
  ['year 0000', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['a negative year', '-0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['a signed year of six digits', '+002026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['a year of five digits', '12026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['an empty fraction', '2026-01-01T00:00:00.Z', '2026-01-01T00:00:00.0Z'],
  ['ten digits of fraction', '2026-01-01T00:00:00.0123456789Z', '2026-01-01T00:00:00.012345678Z'],
  ['a comma', '2026-01-01T00:00:00,5Z', '2026-01-01T00:00:00.5Z'],
  ['a zone beyond 14:00', '2026-01-01T00:00:00+14:01', '2026-01-01T00:00:00+14:00'],
  ['zone minutes beyond 59', '2026-01-01T00:00:00+01:60', '2026-01-01T00:00:00+01:59'],
  ['a zone without a colon', '2026-01-01T00:00:00+0100', '2026-01-01T00:00:00+01:00'],
  ['a zone of hours', '2026-01-01T00:00:00-01', '2026-01-01T00:00:00-01:00'],
  ['a named zone', '2026-01-01T00:00:00GMT', '2026-01-01T00:00:00Z'],
  ['two zones', '2026-01-01T00:00:00Z+01:00', '2026-01-01T00:00:00+01:00'],
  ['digits of another script', '２026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['a list of one', '["2026-01-01T00:00:00Z"]', '2026-01-01T00:00:00Z'],
  ['what only Date.parse reads', '1 January 2026 UTC', '2026-01-01T00:00:00Z'],
];

describe('parseXsdDateTime', () => {
  for (const [what, flawed, twin] of REFUSALS) {
    it(`R22 refuses ${what}`, () => {
      expect(parseXsdDateTime(flawed)).to.equal(undefined);
      expect(parseXsdDateTime(twin)).to.equal(Date.parse(twin)).and.not.NaN;
    });
  }

  it('R22 gives milliseconds since the epoch', () => {
    expect(parseXsdDateTime('1970-01-01T00:00:00Z')).to.equal(0);
    expect(parseXsdDateTime('1970-01-01T00:00:01.001999999Z')).to.equal(1001);
    expect(parseXsdDateTime('1970-01-01T14:00:00+14:00')).to.equal(0);
    expect(parseXsdDateTime('1969-12-31T23:30:00-00:30')).to.equal(0);
    expect(parseXsdDateTime('0001-01-01T00:00:00Z')).to.equal(-62_135_596_800_000);
    expect(parseXsdDateTime('9999-12-31T23:59:59.999Z')).to.equal(253_402_300_799_999);
  });

  it('R22 agrees with Date.parse on all that it accepts, and accepts every instant as ISO 8601', () => {
    const two = (number: number) => String(number).padStart(2, '0');
    const instant = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(
        instant,
        fc.integer({min: -840, max: 840}),
        fc.nat(999_999),
        (date, zone, submillisecond) => {
          expect(parseXsdDateTime(date.toISOString())).to.equal(date.getTime());
          const local = new Date(date.getTime() + zone * 60_000).toISOString().slice(0, -1);
          const fraction = String(submillisecond).padStart(6, '0');
          const offset = `${zone < 0 ? '-' : '+'}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
          expect(parseXsdDateTime(local + fraction + offset)).to.equal(date.getTime());
        },
      ),
    );
  });

  it('R22 accepts exactly the days of the calendar', () => {
    for (let year = 1896; year <= 2104; year++) {
      for (let month = 1; month <= 12; month++) {
        for (const day of [28, 29, 30, 31]) {
          const date = new Date(Date.UTC(year, month - 1, day));
          const text = `${year}-${String(month).padStart(2, '0')}-${day}T00:00:00Z`;
          expect(parseXsdDateTime(text), text).to.equal(
            date.getUTCMonth() === month - 1 ? date.getTime() : undefined,
          );
        }
      }
    }
  });
});
