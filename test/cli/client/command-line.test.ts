import {expect} from 'chai';
import {KmsConnectionError} from '../../../lib/client/client-errors.ts';
import type {KeyAdministrationKms, KeyInfo} from '../../../lib/client/kms.ts';
import type {ClientConnection} from '../../../lib/cli/client/client-connection.ts';
import type {ClientIo} from '../../../lib/cli/client/client-io.ts';
import {CLIENT_COMMANDS} from '../../../lib/cli/client/command-table.ts';
import {createClientCommand} from '../../../lib/cli/client/create-client-command.ts';
import {UsageError} from '../../../lib/cli/command.ts';
import {InterruptedError} from '../../../lib/cli/interruption.ts';
import * as errors from '../../../lib/errors.ts';
import {run, type Outcome} from '../run-main.ts';
import {expectRejection} from '../../sealing/expect-rejection.ts';
import {LAUNCHER, SOMEBODY} from './webkms-command.ts';

/** Of 32 bytes that are no point of the curve. */
const OFF_CURVE = 'did:key:z6Mkeb4rtEhc8DUtvt5ehaVjdx3TLbQPpnTArkXhqfb1Mq75';

const KEY: KeyInfo = {
  ...{kid: 'https://kms.example/kms/keystores/z1/keys/z2', keyType: 'urn:webkms:symmetric:AES-256-GCM'},
  ...{
    shortName: 'aes256',
    state: 'active',
    origin: 'generated',
    currentVersion: 1,
    operations: ['encrypt', 'decrypt'],
  },
  ...{createdAt: '2026-11-22T07:30:00Z', updatedAt: '2026-11-22T07:30:00Z'},
  versions: [{version: 1, createdAt: '2026-11-22T07:30:00Z', status: 'active'}],
};

interface FakeOptions {
  readonly kms?: Partial<KeyAdministrationKms>;
  readonly input?: string;
  readonly terminal?: boolean;
  /** Of the person at it. */
  readonly answer?: string;
}

/** Runs one command on a KMS of the test's own. */
async function runFake(
  [name = '', ...args]: readonly string[],
  {kms = {}, input = '', terminal = false, answer = 'no'}: FakeOptions,
): Promise<Outcome> {
  const listed = CLIENT_COMMANDS.find((command) => command.name === name)!;
  const out: string[] = [];
  const err: string[] = [];
  const io: ClientIo & Disposable = {
    out: (line) => void out.push(`${line}\n`),
    err: (line) => void err.push(`${line}\n`),
    ...{interactive: terminal, outIsTerminal: terminal, screen: {isTTY: terminal, write: () => true}},
    input: async function* () {
      yield Buffer.from(input);
    },
    write: async (bytes) => void out.push(Buffer.from(bytes).toString()),
    askSecret: async () => Buffer.from(''),
    ask: async (question) => {
      err.push(question);
      return answer;
    },
    paint: (style, text) => (terminal ? `<${String(style)}>${text}` : text),
    flush: async () => undefined,
    interrupted: new AbortController().signal,
    [Symbol.dispose]: () => undefined,
  };
  const connection = {
    ...{kms, close: async () => undefined},
    profile: {
      kind: 'local',
      did: 'did:key:z6Mk',
      keystore: 'https://kms.example/kms/keystores/z1',
      dataDir: '/',
    },
    authority: () => ({transfer: async () => expect.fail('not to be done')}),
  } as unknown as ClientConnection;
  const command = await createClientCommand(listed, {
    createIo: () => io,
    connect: async () => connection,
    environment: {home: '/nonexistent', profile: 'default'},
  });
  const code = await command.run(args, io);
  return {code, out: out.join(''), err: err.join('')};
}

describe('webkms: the command line of clients', () => {
  it('explains every command, with examples that it takes', async () => {
    const {out} = await run('--help');
    for (const {name, summary, load} of CLIENT_COMMANDS) {
      expect(out).to.match(new RegExp(`^  ${name} +${summary.replaceAll(/[()]/g, '\\$&')}$`, 'm'));
      const help = await run('help', name);
      expect(help).to.include({code: 0, err: ''});
      expect(help.out).to.match(
        new RegExp(`^Usage: webkms ${name}(?: [A-Z[\\]]+)* \\[options\\]\n\n${summary}\\.\n`),
      );
      expect(help.out)
        .to.contain('--profile NAME')
        .and.to.contain('--json')
        .and.to.match(/\nExamples:\n {2}/);
      expect(await run(name, '--help')).to.deep.equal(help);
      const {examples} = await load();
      expect(examples.length).to.be.greaterThan(0);
      for (const line of help.out.split('\n')) expect(line.length, line).to.be.at.most(140);
    }
  });

  for (const [args, message] of [
    [['creat'], 'there is no command "creat"; did you mean create?'],
    [['create'], 'create takes NAME.'],
    [['create', ''], 'create takes NAME.'],
    [['create', 'a', 'b'], 'create takes NAME.'],
    [['list', 'a'], 'list takes no operand.'],
    [['encrypt', 'a', 'b', 'c'], 'encrypt takes NAME [TEXT].'],
    [['encrypt', 'a'], 'give either TEXT, or --input FILE.'],
    [['encrypt', 'a', 'text', '--input', 'F'], 'give either TEXT, or --input FILE.'],
    [
      ['encrypt', 'a', 'text', '--output', 'F'],
      '--output goes with --input FILE; what is printed, the shell can redirect.',
    ],
    ...['encrypt', 'decrypt', 'rewrap'].map(
      (name) =>
        [
          [name, 'a', '--input', LAUNCHER, '--context', 'order 7'],
          '--context goes with a text, not with --input FILE, which is bound to nothing.',
        ] as const,
    ),
    [['export', 'a', '--format', 'pem', '--json'], '--json goes with --format jwk, or with --output FILE.'],
    [['verify', 'a', 'data'], 'give one of SIGNATURE, --signature SIGNATURE, --signature-file FILE.'],
    [
      ['verify', 'a', 'data', 's', '--signature', 's'],
      'give one of SIGNATURE, --signature SIGNATURE, --signature-file FILE.',
    ],
    [['sign', 'a', 'data', '--algorithm', 'PS257'], /^--algorithm must be one of: EdDSA, ES256,/],
    [
      ['list', '--jsn'],
      'there is no option --jsn. Did you mean --json? (Text that begins with "-" goes after "--".)',
    ],
    [
      ['list', '--jsn=x'],
      'there is no option --jsn. Did you mean --json? (Text that begins with "-" goes after "--".)',
    ],
    [['list', '--__proto__'], 'there is no option --__proto__. Text that begins with "-" goes after "--".'],
    [['list', '-j'], /^Unknown option '-j'/],
    [['list', '--json=yes'], /does not take an argument/],
    [['create', 'a', '--type'], /argument missing/],
    [['create', 'a', '--type', ''], 'create: --type is empty.'],
    [['create', 'a', '--type', 'aes256', '--tag', 'x'], '--tag must be NAME=VALUE.'],
    [['create', 'a', '--type', 'aes256', '--tag', 'name=x'], '--tag: the tag "name" is the name of the key.'],
    [['create', 'a', '--type', 'aes256', '--tag', 'x=1', '--tag', 'x=2'], '--tag: "x" is given twice.'],
    [
      ['create', 'a', '--type', 'aes256', '--rate', '5'],
      '--rate must be uses per time, such as 100/1s or 1000/1h.',
    ],
    [['create', 'a', '--type', 'aes256', '--allow', 'everything'], /^--allow must be one of: sign, verify,/],
    [
      ['create', 'a', '--type', 'aes256', '--exportable', '--no-exportable'],
      'give either --exportable or --no-exportable.',
    ],
    [
      ['create', 'a', '--type', 'aes256', '--not-after', 'tomorrow'],
      '--not-after must be a time such as 2027-01-01T00:00:00Z.',
    ],
    [['create', 'https://x', '--type', 'aes256'], 'the name of a key must not be a URL.'],
    [
      ['create', 'a', '--type', 'aes256', '--max-versions', '-1'],
      /^Option '--max-versions' argument is ambiguous\. Did you/,
    ],
    [
      ['import', 'a', '--input', 'F', '--type', 'aes25'],
      /^there is no type "aes25"\. Did you mean aes256\? Types: .*[a-z0-9]\.$/,
    ],
    [['delete', 'a', '--version', '0'], '--version must be a whole number from 1 to 999999999.'],
    [['update', 'a'], /^update takes at least one of --rename/],
    [['transfer', '--to', 'bob'], '--to must be a DID, such as did:key:z6Mk….'],
    ...[SOMEBODY.slice(0, -1), `${SOMEBODY}1`, SOMEBODY.replace(':z', ':'), 'did:key:', OFF_CURVE].map(
      (did) => [['transfer', '--to', did], /^--to must be (?:the did:key|a DID)/] as const,
    ),
    [['public-key'], 'public-key takes NAME; all keys: --format jwks.'],
  ] as const) {
    it(`exits with 2 for: ${args.join(' ')}`, async () => {
      const {code, out, err} = await run(...args);
      expect({code, out}).to.deep.equal({code: 2, out: ''});
      const [, told] = /^webkms: ([^\n]+)\nTry webkms (?:[a-z-]+ )?--help\.$/.exec(err) ?? [];
      if (typeof message === 'string') expect(told).to.equal(message);
      else expect(told).to.match(message);
    });
  }

  it('takes data that looks like options after "--", and an option that has its value', async () => {
    const given: unknown[] = [];
    const kms = {
      encrypt: async (kid: string, plaintext: Uint8Array) => {
        given.push([kid, Buffer.from(plaintext).toString()]);
        return 'webkms:v1:AA';
      },
    };
    for (const args of [
      ['--', 'a', '--help'],
      ['a', '--', '--jsn'],
      ['--context', '-', 'a', '-'],
    ]) {
      const printed = await runFake(['encrypt', ...args], {kms, input: 'from the pipe'});
      expect(printed).to.deep.equal({code: 0, out: 'webkms:v1:AA\n', err: ''});
    }
    expect(given).to.deep.equal([
      ['name:a', '--help'],
      ['name:a', '--jsn'],
      ['name:a', 'from the pipe'],
    ]);
  });

  it('encrypts a text of 65,536 bytes, and says what to do with a longer one', async () => {
    const kms = {encrypt: async () => 'webkms:v1:AA'};
    const encrypt = ['encrypt', 'a', '-'];
    expect((await runFake(encrypt, {kms, input: 'é'.repeat(32_768)})).code).to.equal(0);
    const {code, out, err} = await runFake(encrypt, {kms, input: `${'é'.repeat(32_768)}.`});
    expect({code, out}).to.deep.equal({code: 2, out: ''});
    expect(err).to.match(/^webkms: A text has at most 65536 bytes\..* --input -/);
  });

  it('names keys by name or URL', async () => {
    const asked: string[] = [];
    const kms = {rotateKey: async (kid: string) => (asked.push(kid), KEY)};
    for (const name of ['a b', KEY.kid, 'cle\u0301']) await runFake(['rotate', name], {kms});
    expect(asked).to.deep.equal(['name:a b', KEY.kid, 'name:cl\u00e9']);
  });

  it('shows colours and a line feed on a terminal, and nothing that a terminal would obey', async () => {
    const evil = {...KEY, tags: {name: 'a\u001b[2Jb'}};
    const kms = {
      listKeys: async function* () {
        yield evil;
      },
      decrypt: async () => Buffer.from('text'),
    };
    expect((await runFake(['list'], {kms})).out).to.match(/^NAME.*\na\ufffd\[2Jb +aes256 +1 +active\n$/);
    expect((await runFake(['list'], {kms, terminal: true})).out).to.match(/ 1 +<green>active\n$/);
    const decrypt = ['decrypt', 'a', 'webkms:v1:AAAA'];
    expect((await runFake(decrypt, {kms})).out).to.equal('text');
    expect((await runFake(decrypt, {kms, terminal: true})).out).to.equal('text\n');
  });

  describe('before what cannot be taken back', () => {
    const policy = {minDecryptVersion: 2, maxVersions: 3};
    const done: string[] = [];
    const kms = {
      getKey: async () => ({...KEY, policy}),
      updateKey: async () => (done.push('policy'), KEY),
      deleteKey: async () => (done.push('delete'), KEY),
    };
    beforeEach(() => done.splice(0));

    for (const [args, question] of [
      [['transfer', '--to', SOMEBODY], /^Give https:\S+ and all its keys to did:key:\S+\?/],
      [['delete', 'a', '--version', '1'], /^Destroy version 1 of a\?/],
      [['policy', 'a', '--min-decrypt-version', '3'], /^Let versions below 3 neither decrypt nor verify/],
      [['policy', 'a', '--destroy-usable-versions', 'on'], /^Let rotations destroy versions/],
    ] as const) {
      it(`${args.join(' ')} asks at a terminal, takes nothing but yes, and is refused elsewhere`, async () => {
        for (const answer of ['', 'y', 'no']) {
          const kept = await runFake(args, {kms, terminal: true, answer});
          expect(kept).to.include({code: 1, out: ''});
          expect(kept.err).to.match(question).and.to.contain('Type yes: webkms: Nothing was done.\n');
        }
        await expectRejection(runFake(args, {kms}), UsageError);
        expect(done).to.deep.equal([]);
        if (args[0] === 'transfer') return;
        const asked = await runFake(args, {kms, terminal: true, answer: ' yes '});
        expect(asked).to.include({code: 0});
        const unasked = await runFake([...args, '--yes'], {kms});
        expect(unasked).to.include({code: 0, err: ''});
        expect(done).to.deep.equal([args[0], args[0]]);
      });
    }

    it('nothing is asked where nothing is lost', async () => {
      for (const args of [
        ['policy', 'a', '--min-decrypt-version', '2'],
        ['policy', 'a', '--destroy-usable-versions', 'off'],
        ['delete', 'a'],
      ]) {
        expect(await runFake(args, {kms})).to.include({code: 0, err: ''});
      }
    });
  });

  describe('exits with', () => {
    const state = (word: string) => new errors.KeyStateError('It is so.', {details: {state: word}});
    const supported = {details: {supported: ['sign', 'verify']}};
    for (const [code, error, message] of [
      [1, new errors.OperationFailedError('The operation failed.'), 'The operation failed.'],
      [1, new errors.InternalError(new Error('secret')), 'An internal error occurred.'],
      [2, new errors.MalformedRequestError('Wrong.'), 'Wrong.'],
      [2, new UsageError('wrong.'), undefined],
      [3, new errors.NotFoundError('No such key.'), 'No such key. Look for it with: webkms list'],
      [
        4,
        new errors.NotAllowedError('x', 'It was revoked.'),
        /^Not allowed: It was revoked\. .*webkms profiles$/,
      ],
      [
        4,
        new errors.NotAllowedError('no-capability', 'None.'),
        /^Not allowed: None\. .* webkms list\. .*: webkms forget all$/,
      ],
      [
        4,
        new errors.NotAllowedError('refused', 'The signature has expired.'),
        'Not allowed: The signature has expired. Is the clock of this machine right?',
      ],
      [
        4,
        new errors.NotAllowedError('refused', 'A capability in the delegation chain has been revoked.'),
        /revoked\. Whoever delegated it may delegate anew\.$/,
      ],
      [4, new errors.KeyPolicyError('exportable', 'The policy says no.'), 'The policy says no.'],
      [4, state('disabled'), 'It is so. To take that back: webkms enable'],
      [4, state('pendingDeletion'), 'It is so. To take that back: webkms restore'],
      [4, state('destroyed'), 'It is so.'],
      [4, new errors.NotSupportedError('It cannot.', supported), 'It cannot. It has: sign, verify.'],
      [4, new errors.NotSupportedError('They have: sign, verify.', supported), 'They have: sign, verify.'],
      [4, new errors.PayloadTooLargeError('Too large.'), 'Too large.'],
      [5, new errors.RateLimitError(1), 'Too many requests. Try again later.'],
      [5, new errors.UnavailableError('It is sealed.'), 'It is sealed. Try again later.'],
      [
        5,
        new errors.OutcomeUnknownError('No answer came.'),
        'No answer came. Look whether it was done, before you try again: webkms list',
      ],
      [5, new KmsConnectionError('Nobody\nthere\u001b[0m.'), 'Nobody there\ufffd[0m.'],
      [130, new InterruptedError(), 'interrupted.'],
    ] as const) {
      it(`${code} for ${error.name}`, async () => {
        const failing = {
          rotateKey: async () => {
            throw error;
          },
        };
        if (message === undefined) {
          const thrown: unknown = await runFake(['rotate', 'a'], {kms: failing}).catch(
            (reason: unknown) => reason,
          );
          expect(thrown).to.equal(error);
          return;
        }
        const {code: given, out, err} = await runFake(['rotate', 'a'], {kms: failing});
        expect({code: given, out}).to.deep.equal({code, out: ''});
        const [, told] = /^webkms: ([^\n]+)\n$/.exec(err) ?? [];
        if (typeof message === 'string') expect(told).to.equal(message);
        else expect(told).to.match(message);
      });
    }
  });
});
