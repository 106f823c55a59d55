import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {KeyModuleError} from '../../lib/key-modules/key-module-error.ts';
import {createKeyModuleSealer} from '../../lib/key-modules/key-module-sealer.ts';
import {loadKeyModule} from '../../lib/key-modules/load-key-module.ts';
import {fileURLToPath} from 'node:url';
import {newKey, rejection} from './fixtures.ts';
import {MemoryWrappers} from './memory-wrappers.ts';
import {silent} from '../operations/fixtures.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/memory-key-module.ts', import.meta.url));
const context = {name: 'hsm', sealer: createKeyModuleSealer('hsm', new MemoryWrappers()), log: silent};

const METHODS = [
  ...['generateKey', 'sign', 'verify', 'encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveSecret'],
  ...['encapsulate', 'decapsulate', 'check'],
];

/** The text of a module that is good, but for `changes`. */
function moduleText(changes: string): string {
  return `
    const nothing = async () => undefined;
    const good = Object.fromEntries(${JSON.stringify(METHODS)}.map((name) => [name, nothing]));
    const support = {operations: ['sign', 'verify'], signatureAlgorithms: ['HS256'], importable: false, extractable: false};
    const keyType = (type) => (type === 'Sha256HmacKey2019' ? support : undefined);
    export const createKeyModule = ({name}) => ({id: name, ...good, keyType, close: async () => { globalThis.closed = true; }, ${changes}});
  `;
}

describe('a key module of somebody else', () => {
  let directory: string;
  let count = 0;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-key-modules-'));
  });
  after(() => rm(directory, {recursive: true, force: true}));

  async function load(text: string) {
    const path = join(directory, `module-${(count += 1)}.mjs`);
    await writeFile(path, text);
    return loadKeyModule(path, context);
  }

  it('is loaded from a file, and works', async () => {
    const module = await loadKeyModule(EXAMPLE, context);
    const key = await newKey(module, 'Ed25519VerificationKey2020');
    const data = Buffer.from('data');
    expect(await module.verify(key, data, await module.sign(key, data))).to.equal(true);
    await module.close();
    expect((await load(moduleText(''))).id).to.equal('hsm');
  });

  it('that is not there, or no JavaScript, is refused', async () => {
    const missing = join(directory, 'missing.mjs');
    for (const [specifier, problem] of [
      [missing, `cannot be loaded from ${missing}: Cannot find module '${missing}'`],
      [
        'webkms-no-such-package',
        "cannot be loaded from webkms-no-such-package: Cannot find package 'webkms-no-such-package'",
      ],
      [directory, `cannot be loaded from ${directory}: `],
    ] as const) {
      const error = await rejection(loadKeyModule(specifier, context));
      expect(error).to.be.instanceOf(KeyModuleError);
      expect(error.message).to.include(`the key module hsm (WEBKMS_KEY_MODULES) ${problem}`);
      expect(error.message).to.not.include('load-key-module');
    }
    expect(await rejection(load('export const = 1;'))).to.be.instanceOf(KeyModuleError);
    expect((await rejection(load('throw new Error("not today")'))).message).to.include('not today');
    expect((await rejection(load('export default 1;'))).message).to.match(
      /exports no function createKeyModule\.$/,
    );
    expect((await rejection(load('export const createKeyModule = 1;'))).message).to.include(
      'exports no function',
    );
  });

  it('that cannot start says why', async () => {
    const error = await rejection(
      load(`export const createKeyModule = async () => { throw new Error('no token'); };`),
    );
    expect(error).to.be.instanceOf(KeyModuleError);
    expect(error.message).to.equal('the key module hsm (WEBKMS_KEY_MODULES) did not start: no token');
    expect(error.cause).to.have.property('message', 'no token');
  });

  it('that is none is refused, with all that it lacks, and closed', async () => {
    const problem = async (text: string): Promise<string> => {
      const error = await rejection(load(text));
      expect(error).to.be.instanceOf(KeyModuleError);
      return error.message.replace(
        'the key module hsm (WEBKMS_KEY_MODULES) is not one that can be used. ',
        '',
      );
    };
    for (const value of ['undefined', 'null', '1', '"text"'])
      expect(await problem(`export const createKeyModule = () => ${value};`)).to.equal(
        'createKeyModule gave no object.',
      );
    expect(await problem('export const createKeyModule = () => ({});')).to.include(
      'It has no function keyType. It has no function generateKey. It has no function sign.',
    );
    expect(await problem(moduleText("id: 'other'"))).to.equal(
      'Its id is not hsm, the name that it is offered by.',
    );
    expect(await problem(moduleText('importKey: 1'))).to.equal('It has no function importKey.');
    for (const held of ['null', '1', '{}', '{list: nothing}', '{destroy: nothing, list: 1}'])
      expect(await problem(moduleText(`held: ${held}`))).to.equal(
        'Its member held has no functions list and destroy.',
      );
    expect((await load(moduleText('held: {list: async () => [], destroy: nothing}'))).held).to.be.an(
      'object',
    );
    expect(globalThis).to.have.property('closed', true);
    expect(await problem(moduleText('keyType: () => undefined'))).to.equal('It has no key type.');
    expect(await problem(moduleText('keyType: () => support'))).to.match(
      /Of Ed25519VerificationKey2020 it declares signature algorithms that are not some of the type's, EdDSA among them\./,
    );
    expect(await problem(moduleText('check: undefined, close: () => { throw new Error("no"); }'))).to.equal(
      'It has no function check.',
    );
  });
});
