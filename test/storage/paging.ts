import {expect} from 'chai';
import {MalformedRequestError} from '../../lib/errors.ts';
import type {Page} from '../../lib/storage/keystore-config-store.ts';
import {expectRefusal} from './store-suite.ts';

export type ListPage<T> = (page: {limit: number; cursor?: string | undefined}) => Promise<Page<T>>;

/** Follows the cursors to the end; each page but the last is full. */
export async function listAll<T>(list: ListPage<T>, limit: number): Promise<T[]> {
  const results: T[] = [];
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page: Page<T> = await list({limit, cursor});
    results.push(...page.results);
    if (!isFirst) expect(page.results, 'what the cursor promised').to.not.be.empty;
    ({cursor} = page);
    if (cursor === undefined) expect(page).to.not.have.property('cursor');
    else expect(page.results).to.have.lengthOf(limit);
    expect(page.results.length).to.be.at.most(limit);
  }
  return results;
}

/** Expects the whole list to be `ids`, whatever the size of its pages, and the last page to have no cursor. */
export async function expectList<T>(
  list: ListPage<T>,
  idOf: (result: T) => string,
  ids: readonly string[],
): Promise<void> {
  for (let limit = 1; limit <= ids.length + 1; limit++) {
    expect((await listAll(list, limit)).map(idOf), `pages of ${limit}`).to.deep.equal(ids);
  }
}

/** `list` holds at least two. Expects every spelling but the cursor's own to be refused. */
export async function expectStrictCursors<T>(list: ListPage<T>, foreign: readonly string[]): Promise<void> {
  const {cursor} = await list({limit: 1});
  if (cursor === undefined) throw new Error('A list of at least two is needed.');
  expect((await list({limit: 1, cursor})).results).to.have.lengthOf(1);
  const bytes = Buffer.from(cursor, 'base64url');
  const bad = [
    ...['', 'A', '!', ' ', `${cursor}=`, ` ${cursor}`, `${cursor}\n`, cursor.slice(0, -1), `${cursor}A`],
    ...[cursor + cursor, 'A'.repeat(cursor.length), '_'.repeat(cursor.length), 'A'.repeat(100_000)],
    ...['1', 'null', '%00', '\u0000', 'ａ', Buffer.alloc(bytes.length).toString('base64url')],
    ...foreign,
  ];
  for (const text of bad) {
    await expectRefusal(list({limit: 1, cursor: text}), MalformedRequestError);
  }
}
