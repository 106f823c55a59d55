import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, lstat, mkdir, readFile, rename, rm, symlink, writeFile} from 'node:fs/promises';
import {request, type IncomingMessage} from 'node:http';
import {connect, createServer} from 'node:net';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {expect} from 'chai';
import {isAdminSocketListening, NoAdminSocketError} from '../../lib/admin/admin-client.ts';
import {AdminError, type AdminCall} from '../../lib/admin/admin-operation.ts';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {KeyInUseError, KeyNotFoundError, SealedError} from '../../lib/sealing/sealing-errors.ts';
import {AdminSocketFixture, operation} from './admin-socket-fixture.ts';

const echo = operation('echo', async (_management, parameters) => ({parameters}));

async function failure(work: Promise<unknown>): Promise<Error & {readonly reason?: unknown}> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It was not refused.');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const givesUpAt = performance.now() + 5_000; !(await holds());) {
    if (performance.now() > givesUpAt) throw new Error('It never came to be.');
    await delay(10);
  }
}

describe('the admin socket', () => {
  let fixture: AdminSocketFixture;
  beforeEach(async () => (fixture = await AdminSocketFixture.create()));
  afterEach(async () => fixture[Symbol.asyncDispose]());

  describe('a call', () => {
    it('gets the result', async () => {
      await fixture.listen([echo]);
      expect(await fixture.call('echo', {a: [1, 'ü']})).to.deep.equal({
        result: {parameters: {a: [1, 'ü']}},
        lines: [],
        progress: [],
      });
    });

    it('gets lines in their order and progress before it', async () => {
      const talk = operation('talk', async (_management, _parameters, {write, report}) => {
        report({step: 'talking', done: 0, total: 2});
        await write('one');
        await write('two "quoted" \u2028');
        report({step: 'talking', done: 2, total: 2});
      });
      await fixture.listen([talk]);
      expect(await fixture.call('talk')).to.deep.equal({
        result: null,
        lines: ['one', 'two "quoted" \u2028'],
        progress: [
          {step: 'talking', done: 0, total: 2},
          {step: 'talking', done: 2, total: 2},
        ],
      });
    });

    it('gets no more progress than a person can read', async () => {
      const busy = operation('busy', async (_management, _parameters, {report}) => {
        for (let done = 0; done <= 10_000; done++) report({step: 'busy', done, total: 10_000});
      });
      await fixture.listen([busy]);
      const {progress} = await fixture.call('busy');
      expect(progress.length).to.be.lessThan(20);
      expect(progress.at(-1)).to.deep.equal({step: 'busy', done: 10_000, total: 10_000});
    });

    it('is told why it was refused, where that is for the operator', async () => {
      const errors: Record<string, Error> = {
        admin: new AdminError('not-found', 'No such thing.'),
        root: new RootOfTrustError('missing', 'The file is gone.'),
        sealed: new SealedError(),
        inUse: new KeyInUseError('It is in use.'),
        gone: new KeyNotFoundError('It is gone.'),
      };
      const fail = operation('fail', async (_management, parameters) => {
        throw errors[(parameters as {how: string}).how] ?? new Error('never');
      });
      await fixture.listen([fail]);
      const outcome = async (how: string): Promise<unknown[]> => {
        const error = await failure(fixture.call('fail', {how}));
        return [error.name, error.reason, error.message];
      };
      expect(await outcome('admin')).to.deep.equal(['AdminError', 'not-found', 'No such thing.']);
      expect(await outcome('root')).to.deep.equal(['AdminError', 'refused', 'The file is gone.']);
      expect(await outcome('sealed')).to.deep.equal(['AdminError', 'sealed', 'The server is sealed.']);
      expect(await outcome('inUse')).to.deep.equal(['AdminError', 'refused', 'It is in use.']);
      expect(await outcome('gone')).to.deep.equal(['AdminError', 'not-found', 'It is gone.']);
    });

    it('is not told what was not foreseen: that is for the log', async () => {
      const fail = operation('fail', async () => {
        throw new TypeError('secret detail');
      });
      await fixture.listen([fail]);
      const error = await failure(fixture.call('fail'));
      expect([error.reason, error.message]).to.deep.equal([
        'failed',
        'It failed for a reason that was not foreseen. The log has it.',
      ]);
      expect(JSON.stringify(fixture.log)).to.contain('secret detail');
    });

    it('is answered where its result is nothing that JSON can carry', async () => {
      await fixture.listen([operation('big', async () => ({n: 1n}))]);
      expect(await failure(fixture.call('big'))).to.include({name: 'AdminError', reason: 'failed'});
    });

    it('is refused while the server is sealed, where it needs keys', async () => {
      await fixture.listen([echo, operation('keys', async () => 'done', {whileSealed: false})]);
      expect((await fixture.call('keys')).result).to.equal('done');
      fixture.sealed = true;
      expect(await failure(fixture.call('keys'))).to.include({reason: 'sealed'});
      expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
    });

    it('is logged by name and outcome, without its parameters', async () => {
      const refuse = operation('refuse', async () => 'never', {
        parse: () => {
          throw new AdminError('invalid', 'No.');
        },
      });
      await fixture.listen([echo, refuse]);
      await fixture.call('echo', {share: 'hunter2'});
      await failure(fixture.call('refuse', {passphrase: 'hunter2'}));
      const audit = fixture.log
        .filter(({msg}) => msg === 'admin operation')
        .map(({operation: name, outcome}) => [name, outcome]);
      expect(audit).to.deep.equal([
        ['echo', 'done'],
        ['refuse', 'invalid'],
      ]);
      expect(JSON.stringify(fixture.log)).not.to.contain('hunter2');
    });

    it('does not wait for others', async () => {
      const {promise, resolve} = Promise.withResolvers<undefined>();
      await fixture.listen([echo, operation('wait', async () => promise)]);
      const waiting = fixture.call('wait');
      const others = await Promise.all(Array.from({length: 20}, (_, i) => fixture.call('echo', {i})));
      expect(others.map(({result}) => result)).to.deep.equal(others.map((_, i) => ({parameters: {i}})));
      resolve(undefined);
      await waiting;
    });

    it('is stopped where the client goes away', async () => {
      const begun = Promise.withResolvers<AdminCall>();
      const ended = Promise.withResolvers<unknown>();
      const wait = operation('wait', async (_management, _parameters, call) => {
        begun.resolve(call);
        await once(call.signal, 'abort');
        ended.resolve(await failure(call.write('nobody reads this')));
        call.signal.throwIfAborted();
      });
      await fixture.listen([wait]);
      const gone = new AbortController();
      const call = fixture.call('wait', {}, {signal: gone.signal});
      call.catch(() => undefined);
      expect((await begun.promise).signal.aborted).to.equal(false);
      gone.abort(new Error('Ctrl+C'));
      expect((await failure(call)).message).to.equal('Ctrl+C');
      expect(await ended.promise).to.be.instanceOf(AdminError);
    });

    it('waits for a client that reads slowly', async () => {
      const line = 'x'.repeat(100_000);
      let written = 0;
      const pour = operation('pour', async (_management, _parameters, {write}) => {
        for (; written < 200; written++) await write(line);
      });
      await fixture.listen([pour]);
      const sent = request({
        socketPath: fixture.path,
        method: 'POST',
        path: '/v1/pour',
        headers: {'Content-Type': 'application/json'},
        agent: false,
      });
      sent.end('{}');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await delay(300);
      expect(written, 'not all of 20 MB').to.be.greaterThan(0).and.lessThan(100);
      let length = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) length += chunk.length;
      expect(written).to.equal(200);
      expect(length).to.be.greaterThan(200 * line.length);
    });

    it('is stopped, and waited for, where the server stops', async () => {
      let ended = false;
      const begun = Promise.withResolvers<undefined>();
      const wait = operation('wait', async (_management, _parameters, {signal}) => {
        begun.resolve(undefined);
        await once(signal, 'abort');
        await delay(100);
        ended = true;
        signal.throwIfAborted();
      });
      const socket = await fixture.listen([wait]);
      const call = failure(fixture.call('wait'));
      await begun.promise;
      await socket.close();
      expect(ended).to.equal(true);
      expect(await call).to.include({name: 'AdminError', reason: 'failed'});
      expect(await isAdminSocketListening(fixture.dataDir)).to.equal(false);
      expect(await failure(lstat(fixture.path))).to.include({code: 'ENOENT'});
    });
  });

  describe('a request that is not well-formed', () => {
    const post = (head: string, body = '{}'): string =>
      `POST ${head}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const status = (reply: string): number => Number(reply.slice('HTTP/1.1 '.length, 12));

    beforeEach(async () => fixture.listen([echo]));

    it('has a twin that is answered', async () => {
      const reply = await fixture.raw(post('/v1/echo HTTP/1.1', '{"a":1}'));
      expect(status(reply)).to.equal(200);
      expect(reply).to.contain('{"result":{"parameters":{"a":1}}}\n');
    });

    const type = 'Content-Type: application/json\r\n';
    const refusals: readonly (readonly [string, number, string])[] = [
      ['another method', 405, `GET /v1/echo HTTP/1.1\r\nHost: x\r\n\r\n`],
      ['no such operation', 404, post('/v1/nothing HTTP/1.1')],
      ['a member of every object', 404, post('/v1/__proto__ HTTP/1.1')],
      ['a longer path', 404, post('/v1/echo/ HTTP/1.1')],
      ['a query', 404, post('/v1/echo?a HTTP/1.1')],
      ['an absolute URL', 404, post('http://x/v1/echo HTTP/1.1')],
      ['another version', 404, post('/v2/echo HTTP/1.1')],
      ['no type', 415, 'POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}'],
      [
        'a type that a form can send',
        415,
        'POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}',
      ],
      [
        'an encoding',
        415,
        `POST /v1/echo HTTP/1.1\r\nHost: x\r\n${type}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
      ],
      [
        'a web page',
        403,
        `POST /v1/echo HTTP/1.1\r\nHost: x\r\nOrigin: https://x\r\n${type}Content-Length: 2\r\n\r\n{}`,
      ],
      ['no host', 400, `POST /v1/echo HTTP/1.1\r\n${type}Content-Length: 2\r\n\r\n{}`],
      ['no JSON', 400, post('/v1/echo HTTP/1.1', '{')],
      ['no body', 400, post('/v1/echo HTTP/1.1', '')],
      ['a member twice', 400, post('/v1/echo HTTP/1.1', '{"a":1,"a":2}')],
      ['a forbidden member', 400, post('/v1/echo HTTP/1.1', '{"__proto__":{}}')],
      ['too deep a body', 400, post('/v1/echo HTTP/1.1', '['.repeat(9) + ']'.repeat(9))],
      [
        'a body announced to be too large',
        413,
        `POST /v1/echo HTTP/1.1\r\nHost: x\r\n${type}Content-Length: 65537\r\n\r\n`,
      ],
      [
        'too large a body in chunks',
        413,
        `POST /v1/echo HTTP/1.1\r\nHost: x\r\n${type}Transfer-Encoding: chunked\r\n\r\n11000\r\n${'x'.repeat(0x11000)}\r\n0\r\n\r\n`,
      ],
      ['no HTTP', 400, 'hello\r\n\r\n'],
      [
        'two lengths',
        400,
        `POST /v1/echo HTTP/1.1\r\nHost: x\r\n${type}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      ],
    ];
    for (const [what, expected, text] of refusals) {
      it(`is refused with ${expected}: ${what}`, async () => {
        const reply = await fixture.raw(text);
        expect(status(reply), reply).to.equal(expected);
        expect(fixture.log.some(({operation: name}) => name === 'echo')).to.equal(false);
      });
    }

    it('gets one answer for a connection', async () => {
      const one = post('/v1/echo HTTP/1.1');
      const reply = await fixture.raw(one + one);
      expect(reply.match(/"result"/g)).to.have.length(1);
    });
  });

  it('gives up on a client that does not finish its request', async () => {
    await fixture.listen([echo], {requestTimeoutMs: 300});
    const reply = await fixture.raw(
      'POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
    );
    expect(reply).to.match(/^HTTP\/1.1 408 /);
    expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
  });

  describe('its file', () => {
    it('is closed to everybody else whatever the umask, which stays', async () => {
      const mask = process.umask(0);
      try {
        await fixture.listen([echo]);
      } finally {
        expect(process.umask(mask)).to.equal(0);
      }
      const found = await lstat(fixture.path);
      expect([found.isSocket(), (found.mode & 0o777).toString(8)]).to.deep.equal([true, '600']);
    });

    it('of a server that was killed is replaced', async () => {
      const child = spawn(process.execPath, [
        '-e',
        `require('net').createServer().listen(${JSON.stringify(fixture.path)}, () => console.log('up'))`,
      ]);
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect((await lstat(fixture.path)).isSocket()).to.equal(true);
      expect(await isAdminSocketListening(fixture.dataDir)).to.equal(false);
      await fixture.listen([echo]);
      expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
    });

    it('of a server that lives is not replaced, though its lock was deleted', async () => {
      const first = await fixture.listen([echo]);
      expect(await failure(fixture.listen([echo]))).to.include({name: 'AdminError', reason: 'refused'});
      expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
      await first.close();
      await fixture.listen([echo]);
    });

    it('is not made where something else lies, which stays', async () => {
      const target = join(fixture.dataDir, 'target');
      await writeFile(target, 'kept');
      for (const put of [
        () => symlink(target, fixture.path),
        () => writeFile(fixture.path, 'kept'),
        () => mkdir(fixture.path),
      ]) {
        await put();
        const error = await failure(fixture.listen([echo]));
        expect(error).to.include({name: 'AdminError', reason: 'refused'});
        expect(error.message).to.contain('is no socket, and in the way');
        await rm(fixture.path, {recursive: true});
      }
      expect(await readFile(target, 'utf8')).to.equal('kept');
      await fixture.listen([echo]);
    });

    it('is not made where others can write, nor used there', async () => {
      await fixture.listen([echo]);
      for (const mode of [0o770, 0o702]) {
        await chmod(fixture.dataDir, mode);
        expect((await failure(fixture.call('echo'))).message).to.contain('chmod go-w');
        expect((await failure(fixture.listen([echo]))).message).to.contain('chmod go-w');
      }
      await chmod(fixture.dataDir, 0o755);
      expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
    });

    it('is made again where somebody has deleted it; who waits for an answer gets it', async () => {
      const {promise: answering, resolve: begun} = Promise.withResolvers<undefined>();
      const {promise: finish, resolve: finished} = Promise.withResolvers<undefined>();
      const slow = operation('slow', async () => {
        begun(undefined);
        await finish;
        return 'done';
      });
      const socket = await fixture.listen([echo, slow], {checkIntervalMs: 20});
      const waiting = fixture.call('slow');
      await answering;
      for (let round = 0; round < 2; round++) {
        await rm(fixture.path);
        await until(() => isAdminSocketListening(fixture.dataDir));
        expect(((await lstat(fixture.path)).mode & 0o777).toString(8)).to.equal('600');
        expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
      }
      finished(undefined);
      expect((await waiting).result).to.equal('done');
      expect(fixture.log.filter(({msg}) => String(msg).includes('made again'))).to.have.length(2);
      await socket.close();
      expect(await failure(lstat(fixture.path))).to.include({code: 'ENOENT'});
    });

    it('is not made again where others can write, or where the directory was moved', async () => {
      await fixture.listen([echo], {checkIntervalMs: 20});
      await rename(fixture.dataDir, `${fixture.dataDir}-moved`);
      await delay(100);
      expect((await fixture.call('echo', {}, {dataDir: `${fixture.dataDir}-moved`})).result).to.be.an(
        'object',
      );
      await rename(`${fixture.dataDir}-moved`, fixture.dataDir);
      await chmod(fixture.dataDir, 0o770);
      await rm(fixture.path);
      await until(async () => fixture.log.some(({msg}) => String(msg).includes('cannot be made again')));
      await delay(100);
      expect(fixture.log.filter(({level}) => Number(level) >= 40)).to.have.length(1);
      await chmod(fixture.dataDir, 0o700);
      await until(() => isAdminSocketListening(fixture.dataDir));
    });

    it('may have a path that is too long for the system', async () => {
      const dataDir = join(fixture.dataDir, 'd'.repeat(120));
      await mkdir(dataDir, {mode: 0o700});
      const socket = await fixture.listen([echo], {dataDir});
      expect((await lstat(join(dataDir, 'admin.sock'))).mode & 0o777).to.equal(0o600);
      expect((await fixture.call('echo', {}, {dataDir})).result).to.deep.equal({parameters: {}});
      await socket.close();
      expect(await failure(lstat(join(dataDir, 'admin.sock')))).to.include({code: 'ENOENT'});
    });
  });

  describe('its client', () => {
    it('says that nobody listens', async () => {
      expect(await failure(fixture.call('echo'))).to.be.instanceOf(NoAdminSocketError);
      expect(await isAdminSocketListening(fixture.dataDir)).to.equal(false);
      await fixture.listen([echo]);
      expect(await isAdminSocketListening(fixture.dataDir)).to.equal(true);
    });

    it('sends nothing through a link, nor to a file', async () => {
      const other = await AdminSocketFixture.create();
      try {
        await other.listen([echo]);
        await symlink(other.path, fixture.path);
        expect((await failure(fixture.call('echo', {share: 'secret'}))).message).to.contain(
          'Nothing was sent',
        );
        await rm(fixture.path);
        await writeFile(fixture.path, '');
        expect((await failure(fixture.call('echo'))).message).to.contain('Nothing was sent');
      } finally {
        await other[Symbol.asyncDispose]();
      }
    });

    for (const [what, reply] of [
      ['goes away before it answers', ''],
      ['goes away in the middle', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"line":"a"}\n'],
      ['ends without a result', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"line":"a"}\n'],
      ['says something else', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'],
    ] as const) {
      it(`fails where what listens ${what}`, async () => {
        const server = createServer((socket) => {
          socket.on('error', () => undefined);
          socket.once('data', () => socket.end(reply));
        });
        server.listen(fixture.path);
        await once(server, 'listening');
        try {
          expect(await failure(fixture.call('echo'))).to.include({name: 'AdminError', reason: 'failed'});
        } finally {
          server.close();
        }
      });
    }

    it('connects anew for each call, so that a server that was restarted answers', async () => {
      await (await fixture.listen([echo])).close();
      await fixture.listen([echo]);
      expect((await fixture.call('echo')).result).to.deep.equal({parameters: {}});
      const socket = connect(fixture.path);
      await once(socket, 'connect');
      socket.destroy();
    });
  });
});
