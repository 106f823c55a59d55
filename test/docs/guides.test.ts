import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {expect} from 'chai';
import {LAUNCHER} from '../cli/client/webkms-command.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {MarkdownPage} from './markdown-page.ts';

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** The commands of a guide, by a person with a profile of a running server, in a folder with the files that it saves. */
class GuideReader implements AsyncDisposable {
  readonly folder: string;
  readonly #server: TestServer;

  private constructor(server: TestServer, folder: string) {
    this.#server = server;
    this.folder = folder;
  }

  static async start(): Promise<GuideReader> {
    const folder = await mkdtemp(join(tmpdir(), 'webkms-guide-'));
    return new GuideReader(await runServer(), folder);
  }

  async save(page: MarkdownPage, name: string): Promise<void> {
    const [code] = page.fenced('js');
    expect(page.text).to.contain(`Save this as \`${name}\``);
    await writeFile(join(this.folder, name), code!);
  }

  /** Fails with the first command that fails. */
  async run(commands: string): Promise<Ran> {
    const {baseUrl, dataDir} = this.#server;
    const script = [
      'set -euo pipefail',
      `webkms() { '${process.execPath}' '${LAUNCHER}' "$@"; }`,
      // As much of it as guides use: `jq -r .member [FILE]`.
      `jq() { cat \${3+"$3"} | node -p "JSON.parse(require('fs').readFileSync(0))$2"; }`,
      `node() { '${process.execPath}' "$@"; }`,
      `webkms init --server ${baseUrl} --ca '${join(dataDir, 'tls.crt')}' > init.txt`,
      commands,
    ].join('\n');
    const bash = spawn('bash', ['-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.folder,
      env: {PATH: process.env['PATH'], HOME: this.folder, WEBKMS_HOME: join(this.folder, 'home')},
    });
    const [out, err, [status]] = await Promise.all([
      text(bash.stdout),
      text(bash.stderr),
      once(bash, 'close') as Promise<[number | null]>,
    ]);
    return {status, out, err};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await rm(this.folder, {recursive: true, force: true});
  }
}

describe('docs/guides', function () {
  this.timeout(120_000);

  it('rotating-an-issuers-key.md: documents have what may be trusted, after each step', async () => {
    const page = await MarkdownPage.read('guides/rotating-an-issuers-key.md');
    await using reader = await GuideReader.start();
    await reader.save(page, 'did-document.mjs');
    const steps = page.fenced('sh').map((step, index) => `${step}cp did.json did-${index}.json || true\n`);
    expect(steps).to.have.length(5);
    const refused = 'webkms verify issuer "a credential" "$old" && exit 9 || true\n';
    const {status, out, err} = await reader.run([...steps, refused].join(''));
    expect(status, err).to.equal(0);
    expect(out).to.contain('\nvalid\n');
    expect(err).to.contain('Version 1 of the key is');
    const methods = await Promise.all(
      [1, 2, 3, 4].map(async (step) => {
        const file = await readFile(join(reader.folder, `did-${step}.json`), 'utf8');
        const document = JSON.parse(file) as {readonly assertionMethod: readonly string[]};
        return document.assertionMethod;
      }),
    );
    const [first] = methods[0]!;
    const second = methods[1]![1];
    expect(first).to.match(/^did:web:issuer\.example#z6Mk/);
    expect(methods).to.deep.equal([[first], [first, second], [first, second], [second]]);
  });

  it('moving-keys.md: what comes in goes out, and is read without a KMS', async () => {
    const page = await MarkdownPage.read('guides/moving-keys.md');
    await using reader = await GuideReader.start();
    await reader.save(page, 'open.mjs');
    const {status, out, err} = await reader.run(page.fenced('sh').join(''));
    expect(status, err).to.equal(0);
    expect(out).to.match(/20 pizzas$/);
  });

  it('from-other-kms.md: a data key is opened again', async () => {
    const page = await MarkdownPage.read('guides/from-other-kms.md');
    await using reader = await GuideReader.start();
    const {status, err} = await reader.run(page.fenced('sh').join(''));
    expect(status, err).to.equal(0);
  });
});
