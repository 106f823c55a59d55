import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect} from 'chai';

const run = promisify(execFile);
const MODULE = new URL('../../lib/cli/seal-prototypes.ts', import.meta.url).href;

/** Runs in a process of its own: what is sealed stays sealed. @returns what `code` printed. */
async function inProcess(code: string): Promise<string> {
  const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', code]);
  return stdout.trim();
}

const POLLUTE = `
  const nodes = {};
  try { nodes['__proto__']['@id'] = 'x'; } catch (error) { console.log(error.name); }
  console.log('@id' in {});
`;

describe('sealPrototypes', () => {
  it('makes writing to what every object inherits fail, which it does not by itself', async () => {
    expect(await inProcess(POLLUTE)).to.equal('true');
    const sealed = `import {sealPrototypes} from '${MODULE}'; sealPrototypes();`;
    expect(await inProcess(sealed + POLLUTE)).to.equal('TypeError\nfalse');
  });

  it('leaves one’s own objects as they are', async () => {
    const own = `const o = {}; o.toString = () => 'own'; class A {}; A.prototype.x = 1; console.log(String(o), new A().x);`;
    expect(await inProcess(`import {sealPrototypes} from '${MODULE}'; sealPrototypes(); ${own}`)).to.equal(
      'own 1',
    );
  });
});
