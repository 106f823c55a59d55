import {access, glob, readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';

const ROOT = new URL('../../', import.meta.url);

/** What a page links to that is no URL: `[text](path#anchor)`, code apart. */
function relativeLinks(page: string): readonly string[] {
  const prose = page.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '`');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) =>
    /^[a-z]+:/.test(link) ? [] : [link],
  );
}

describe('documents', () => {
  it('link to what there is', async () => {
    const broken: string[] = [];
    let links = 0;
    for await (const name of glob(['*.md', 'docs/**/*.md'], {cwd: fileURLToPath(ROOT)})) {
      const page = new URL(name, ROOT);
      for (const link of relativeLinks(await readFile(page, 'utf8'))) {
        links += 1;
        const target = new URL(link.split('#', 1)[0]!, page);
        await access(target).catch(() => broken.push(`${name}: ${link}`));
      }
    }
    expect(broken).to.deep.equal([]);
    expect(links).to.be.above(100);
  });
});
