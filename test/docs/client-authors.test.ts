import {readFile, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {clientAuthorsPage} from './client-authors-page.ts';

const FILE = new URL('../../docs/client-authors.md', import.meta.url);

describe('docs/client-authors.md', () => {
  it('is what the example makes (to write it anew: UPDATE_DOCS=1 npm test)', async () => {
    const page = clientAuthorsPage();
    if (process.env['UPDATE_DOCS']) await writeFile(FILE, page);
    expect(await readFile(FILE, 'utf8')).to.equal(page);
  });
});
