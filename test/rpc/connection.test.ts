import {once} from 'node:events';
import {createServer, connect, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {mkdtemp, rm} from 'node:fs/promises';
import {Duplex, Readable, Writable} from 'node:stream';
import {expect} from 'chai';
import fc from 'fast-check';
import {
  InternalError,
  KeyPolicyError,
  NotAllowedError,
  NotFoundError,
  OutcomeUnknownError,
  RateLimitError,
  UnavailableError,
  ValidationError,
} from '../../lib/errors.ts';
import {encodeCbor} from '../../lib/rpc/cbor.ts';
import {Connection, type Handler, type Method} from '../../lib/rpc/connection.ts';
import {OtherProcessError} from '../../lib/rpc/failure.ts';
import {frameOf} from '../../lib/rpc/frame-reader.ts';
import {ProtocolError} from '../../lib/rpc/protocol-error.ts';
import {anything, integer, list, text, tuple} from '../../lib/rpc/shape.ts';

const add: Method<[number, number], number> = {parameters: tuple(integer, integer), result: integer};
const fail: Method<string, undefined> = {parameters: text, result: () => undefined};
const hang: Method<undefined, unknown> = {parameters: () => undefined, result: anything};

const handler = <P>({parameters, result}: Method<P, unknown>, run: (given: P) => unknown): Handler => ({
  parameters,
  result,
  run,
});

const ERRORS = {
  notFound: new NotFoundError('Key not found.'),
  notAllowed: new NotAllowedError('chain-length', 'Too long.', {details: {at: 1}}),
  validation: new ValidationError('signOperation', [
    {name: 'ValidationError', message: 'must be', details: {path: '.a', keyword: 'type'}},
  ]),
  policy: new KeyPolicyError('rate', 'Not now.'),
  rate: new RateLimitError(7),
  unavailable: new UnavailableError('Down.', {cause: new Error('the socket')}),
  unknown: new OutcomeUnknownError('Perhaps.'),
} as const;

/** What the encoding cannot say. */
const UNTELLABLE = new NotFoundError('Not here.', {details: {at: 1n << 70n, how: () => undefined}});

describe('rpc: Connection', () => {
  let directory: string;
  let sockets: [Socket, Socket];
  let ends: (Error | undefined)[];
  let calls: number;
  let asks: Connection;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-connection-'));
    const server = createServer().listen(join(directory, 's'));
    await once(server, 'listening');
    const client = connect(join(directory, 's'));
    const [accepted] = (await once(server, 'connection')) as [Socket];
    server.close();
    sockets = [accepted, client];
    ends = [];
    calls = 0;
    const methods = new Map<string, Handler>([
      ['add', handler(add, ([a, b]) => (calls++, a + b))],
      ['hang', handler(hang, () => new Promise(() => undefined))],
      [
        'fail',
        handler(fail, (name) => {
          if (name === 'defect') throw new TypeError('a defect at /some/path');
          if (name === 'untellable') throw UNTELLABLE;
          throw ERRORS[name as keyof typeof ERRORS];
        }),
      ],
    ]);
    new Connection(accepted, {methods, onEnd: (error) => ends.push(error)});
    asks = new Connection(client, {methods: new Map(), onEnd: () => undefined, maxCalls: 100});
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await rm(directory, {recursive: true});
  });

  const ended = async (): Promise<Error | undefined> => {
    while (ends.length === 0) await new Promise(setImmediate);
    return ends[0];
  };

  it('answers many calls at once, each with its own result', async () => {
    const sums = await Promise.all(Array.from({length: 90}, (_, i) => asks.call('add', add, [i, 1])));
    expect(sums).to.deep.equal(Array.from({length: 90}, (_, i) => i + 1));
  });

  it('writes what is asked in one turn at once', async () => {
    const writes: number[] = [];
    sockets[0].on('data', (piece: Buffer) => writes.push(piece.length));
    await Promise.all(Array.from({length: 50}, (_, i) => asks.call('add', add, [i, 1])));
    expect(writes).to.have.length(1);
  });

  for (const [name, error] of Object.entries(ERRORS)) {
    it(`throws what was thrown: ${error.constructor.name}`, async () => {
      const thrown = await asks.call('fail', fail, name).catch((caught: unknown) => caught);
      expect(thrown).to.be.instanceOf(error.constructor);
      const seen = (of: unknown): object => {
        const {message, code, details, publicCause, reason, retryAfterSeconds} = of as Record<
          string,
          unknown
        >;
        return {message, code, details, publicCause, reason, retryAfterSeconds};
      };
      expect(seen(thrown)).to.deep.equal(seen(error));
    });
  }

  it('throws a defect as an InternalError, whose cause tells the log', async () => {
    const thrown = await asks.call('fail', fail, 'defect').catch((caught: unknown) => caught);
    expect(thrown).to.be.instanceOf(InternalError);
    expect((thrown as Error).message).not.to.contain('defect');
    expect((thrown as Error).cause).to.be.instanceOf(OtherProcessError);
    expect(String((thrown as Error).cause)).to.contain('a defect');
  });

  it('answers also where it cannot be told what was thrown', async () => {
    const thrown = await asks.call('fail', fail, 'untellable').catch((caught: unknown) => caught);
    expect(thrown).to.be.instanceOf(InternalError);
    expect(await asks.call('add', add, [1, 2])).to.equal(3);
  });

  it('fails what was asked when the other end is gone, and what writes as of unknown outcome', async () => {
    const waiting = asks.call('hang', hang, undefined).catch((error: unknown) => error);
    const writing = asks.call('hang', {...hang, writes: true}, undefined).catch((error: unknown) => error);
    await asks.call('add', add, [1, 1]);
    sockets[0].destroy();
    const error = await waiting;
    expect(error).to.be.instanceOf(UnavailableError).and.not.instanceOf(OutcomeUnknownError);
    expect((error as Error).message).to.equal('The other process is not there now.');
    expect(await writing).to.be.instanceOf(OutcomeUnknownError);
    expect(await asks.call('add', add, [1, 1]).catch((error: unknown) => error)).to.be.instanceOf(
      UnavailableError,
    );
  });

  it('asks no more than it may at once', async () => {
    const waiting = Array.from({length: 100}, () => asks.call('hang', hang, undefined));
    for (const one of waiting) one.catch(() => undefined);
    expect(await asks.call('add', add, [1, 1]).catch((error: unknown) => error)).to.be.instanceOf(
      UnavailableError,
    );
  });

  it('refuses a result that is none of the method', async () => {
    const wrong: Method<[number, number], readonly string[]> = {...add, result: list(text)};
    const thrown = await asks.call('add', wrong, [1, 2]).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(UnavailableError);
    expect(asks.isOpen).to.equal(false);
  });

  const good = encodeCbor(['c', 1, 'add', [1, 2]]);
  it('answers what is written by hand', async () => {
    sockets[1].write(frameOf(good));
    await new Promise((resolve) => sockets[1].once('data', resolve));
    expect(calls).to.equal(1);
  });

  for (const [what, sent] of [
    ['another method', frameOf(encodeCbor(['c', 1, 'constructor', [1, 2]]))],
    ['other parameters', frameOf(encodeCbor(['c', 1, 'add', [1, '2']]))],
    ['more parameters', frameOf(encodeCbor(['c', 1, 'add', [1, 2, 3]]))],
    ['another kind of message', frameOf(encodeCbor(['x', 1, 'add', [1, 2]]))],
    ['an answer to nothing', frameOf(encodeCbor(['r', 1, 3]))],
    ['a failure of nothing', frameOf(encodeCbor(['f', 1, {kind: 'NotFoundError', message: ''}]))],
    ['an id that is no number', frameOf(encodeCbor(['c', 'a', 'add', [1, 2]]))],
    ['something more in a message', frameOf(encodeCbor(['c', 1, 'add', [1, 2], 5]))],
    ['no message', frameOf(encodeCbor({}))],
    ['no CBOR', frameOf(Uint8Array.of(0xff))],
    ['an empty frame', Uint8Array.of(0, 0, 0, 0)],
    ['too long a frame', Uint8Array.of(255, 0, 0, 0)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ] as const) {
    it(`ends at ${what}`, async () => {
      sockets[1].write(sent);
      expect(await ended()).to.be.instanceOf(ProtocolError);
      expect(calls).to.equal(0);
    });
  }

  it('does nothing that was not asked, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({minLength: 1, maxLength: 64}), async (noise) => {
        const before = calls;
        const ended = Promise.withResolvers<undefined>();
        const stream = Duplex.from({
          readable: Readable.from([frameOf(noise)]),
          writable: new Writable({write: (_, __, next) => next()}),
        });
        new Connection(stream, {methods: new Map(), onEnd: () => ended.resolve(undefined)});
        await ended.promise;
        expect(calls).to.equal(before);
      }),
      {numRuns: 200},
    );
  });
});
