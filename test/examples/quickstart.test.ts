import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const CHAPTERS = [
  '1. Three people make themselves a DID',
  '2. Alice creates a keystore',
  '3. She has an Ed25519 key made in it',
  '4. She signs with it',
  '5. She delegates: Bob may sign with this key, for an hour, and do nothing else',
  '6. She revokes it',
  '7. She hands the keystore to Carol',
  '8. Carol wraps a key',
  '9. She makes an index that tells nothing',
  '10. She agrees on a secret with a device',
];

/** Every request of the story: the chapter, the invoker, the kind of capability, the action, and the answer. */
const REQUESTS = [
  '2 POST Alice root write 201 Created',
  '3 POST Alice root generateKey 200 OK',
  '4 POST Alice root sign 200 OK',
  '5 GET Bob delegated read 200 OK',
  '5 POST Bob delegated sign 200 OK',
  '5 POST Bob delegated verify 403 Forbidden',
  '6 POST Alice root write 204 No Content',
  '6 POST Bob delegated sign 403 Forbidden',
  '7 POST Alice root write 200 OK',
  '7 POST Alice root sign 403 Forbidden',
  '7 POST Carol root sign 200 OK',
  '8 POST Carol root generateKey 200 OK',
  '8 POST Carol root wrapKey 200 OK',
  '8 POST Carol root unwrapKey 200 OK',
  '9 POST Carol root generateKey 200 OK',
  '9 POST Carol root sign 200 OK',
  '9 POST Carol root sign 200 OK',
  '10 POST Carol root generateKey 200 OK',
  '10 POST Carol root deriveSecret 200 OK',
];

const CHECKS = [
  '4 the signature verifies with node:crypto and the public key alone, without the server',
  '5 it is a signature by the same key',
  '7 it verifies with the public key of before',
  '8 what was unwrapped is what was wrapped',
  '9 it is the same both times',
  '10 the device computes the same secret by itself',
];

describe('npm run quickstart', () => {
  let temporary: string;

  before(async () => (temporary = await mkdtemp(join(tmpdir(), 'webkms-test-'))));
  after(async () => rm(temporary, {recursive: true, force: true}));

  async function quickstart(
    environment: Record<string, string> = {},
  ): Promise<{code: number | null; out: string; err: string}> {
    const child = spawn(process.execPath, ['examples/quickstart.ts'], {
      cwd: PROJECT,
      env: {PATH: process.env['PATH'], TMPDIR: temporary, ...environment},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    return {code: child.exitCode, out, err};
  }

  it('tells the whole story, and leaves nothing behind', async () => {
    const {code, out, err} = await quickstart();
    expect({code, err}).to.deep.equal({code: 0, err: ''});
    const {chapters, requests, checks} = read(out);
    expect(chapters).to.deep.equal(CHAPTERS);
    expect(requests).to.deep.equal(REQUESTS);
    expect(checks).to.deep.equal(CHECKS);
    expect(out).to.include('19 requests, of which 3 had to be refused, and were.');
    expect(out, 'no colours but on a terminal').not.to.include('\u001b');
    expect(await readdir(temporary)).to.deep.equal([]);
  });

  it('says where it failed', async () => {
    const {code, out, err} = await quickstart({TMPDIR: join(temporary, 'missing')});
    expect(code).to.equal(1);
    expect(err).to.match(/^\n✗ Failed before the story began: ENOENT.*\n$/);
    expect(out).to.equal('');
  });

  it('is what npm runs', () => {
    const {scripts} = createRequire(import.meta.url)('../../package.json') as {scripts: {quickstart: string}};
    expect(scripts.quickstart).to.equal('node examples/quickstart.ts');
  });
});

interface Told {
  readonly chapters: readonly string[];
  readonly requests: readonly string[];
  readonly checks: readonly string[];
}

function read(out: string): Told {
  const [chapters, requests, checks]: [string[], string[], string[]] = [[], [], []];
  for (const [, part = ''] of out.matchAll(/^(\d+\. .*\n(?: .*\n)*)/gm)) {
    const [title = ''] = part.split('\n');
    const [number = ''] = title.split('.');
    chapters.push(title);
    for (const [, method, who, kind, action, answer] of part.matchAll(
      / → (\w+) .*\n +(\w+) invokes a (\w+) capability, action (\w+)\n(?: {5}.*\n)* +← (.*)\n/g,
    )) {
      requests.push([number, method, who, kind, action, answer].join(' '));
    }
    for (const [, check] of part.matchAll(/ ✓ (.*)\n/g)) checks.push(`${number} ${check}`);
  }
  return {chapters, requests, checks};
}
