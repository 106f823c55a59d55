import {expect} from 'chai';
import {MalformedRequestError} from '../../lib/errors.ts';
import {KEY_LIST, KEYSTORE_LIST, parseCursor, toPage, type List} from '../../lib/storage/cursor.ts';

const cursorOf = (list: List, group: number, position: number): string | undefined =>
  toPage(list, [0, 1], {limit: 1, toPlace: () => ({group, position}), toResult: (row) => row}).cursor;

const encode = (...bytes: number[]): string => Buffer.from(bytes).toString('base64url');

describe('SQLite cursors', () => {
  it('say where a page ended', () => {
    for (const place of [
      {group: 0, position: 1},
      {group: 1, position: 258},
      {group: 1, position: 2 ** 48 - 1},
    ]) {
      expect(parseCursor(KEYSTORE_LIST, cursorOf(KEYSTORE_LIST, place.group, place.position))).to.deep.equal(
        place,
      );
    }
    expect(parseCursor(KEYSTORE_LIST, undefined)).to.deep.equal({group: 0, position: 0});
    expect(cursorOf(KEYSTORE_LIST, 1, 258)).to.equal(encode(1, 1, 0, 0, 0, 0, 1, 2));
  });

  const bad: readonly [string, List, string][] = [
    ['another list’s', KEYSTORE_LIST, encode(2, 0, 0, 0, 0, 0, 0, 1)],
    ['of a group that the list does not have', KEY_LIST, encode(2, 1, 0, 0, 0, 0, 0, 1)],
    ['of the beginning', KEY_LIST, encode(2, 0, 0, 0, 0, 0, 0, 0)],
    ['too short', KEY_LIST, encode(2, 0, 0, 0, 0, 0, 1)],
    ['too long', KEY_LIST, encode(2, 0, 0, 0, 0, 0, 0, 1, 0)],
    ['padded', KEY_LIST, `${encode(2, 0, 0, 0, 0, 0, 0, 1)}=`],
    ['spelled with other unused bits', KEY_LIST, encode(2, 0, 0, 0, 0, 0, 0, 1).slice(0, -1) + 'F'],
  ];
  for (const [flaw, list, cursor] of bad) {
    it(`are refused where they are ${flaw}`, () => {
      expect(() => parseCursor(list, cursor)).to.throw(MalformedRequestError);
      expect(parseCursor(KEY_LIST, encode(2, 0, 0, 0, 0, 0, 0, 1))).to.deep.equal({group: 0, position: 1});
    });
  }
});
