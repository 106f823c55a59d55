import {readFile} from 'node:fs/promises';
import {expect} from 'chai';
import * as api from '../../lib/sealing-api.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const lines = (text: string): readonly string[] => text.split('\n').map((line) => line.trim());

describe('docs/sealing-library.md', () => {
  it('shows what the example has, which is run', async () => {
    const example = new Set(lines(await read('examples/oidc-client-secrets.ts')));
    const blocks = [...(await read('docs/sealing-library.md')).matchAll(/```(?:ts|sql)\n([^]*?)```/g)];
    expect(blocks.length).to.be.greaterThan(3);
    for (const [, block = ''] of blocks) {
      for (const line of lines(block).filter(Boolean)) expect(example.has(line), line).to.equal(true);
    }
  });

  it('names operations and errors that there are, and all of the errors', async () => {
    const page = await read('docs/sealing-library.md');
    const first = [...page.matchAll(/^\| ([^|]+)\|/gm)].map(([, cell = '']) => cell);
    const names = first.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name = '']) => name));
    const errors = Object.keys(api).filter((name) => name.endsWith('Error'));
    expect(names.filter((name) => name.endsWith('Error')).sort()).to.deep.equal(
      // A defect, or a damaged database: not for applications to tell from others.
      errors.filter((name) => name !== 'InternalError').sort(),
    );
    const methods = names.filter((name) => !name.endsWith('Error'));
    expect(methods.length).to.be.greaterThan(12);
    for (const name of methods) expect(api.KeyHierarchy.prototype, name).to.respondTo(name);
  });
});
