import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {Long} from 'mongodb';
import {InternalError, OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import {MongodbStores} from '../../../lib/storage/mongodb/mongodb-stores.ts';
import {without} from '../records.ts';
import {type Answer, FakeMongodb, PRIMARY} from './fake-mongodb.ts';

const DIGEST = Buffer.alloc(32, 1);
const failure = (code: number, codeName: string, labels: readonly string[] = []) => ({
  ...{ok: 0, code, codeName, errmsg: codeName, errorLabels: labels},
});
const writeError = (code: number) => ({ok: 1, n: 0, writeErrors: [{index: 0, code, errmsg: 'E'}]});
const RETRYABLE = ['RetryableWriteError'];

const asOutcome = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'done',
    (error: unknown) => error,
  );

/** Exactly this, and not what it is a kind of. */
const isKind = (error: unknown, kind: typeof UnavailableError | typeof InternalError): boolean =>
  error instanceof kind && error.constructor === kind;

describe('what is certain of a write in MongoDB', () => {
  let fake: FakeMongodb;
  let stores: MongodbStores;

  const open = async (hello: object = PRIMARY, timeoutMs = 400): Promise<void> => {
    fake.hello = hello;
    const url = `mongodb://${fake.host}/db`;
    stores = await MongodbStores.open({url, timeoutMs, maxConnections: 1, maxWaiting: 1});
    fake.commands.length = 0;
  };
  const insertions = () => fake.commands.filter((command) => 'insert' in command);
  /** Answers insertions so, one after the other; the last one again and again. */
  const answerInsertions = (...answers: readonly Answer[]): void => {
    fake.answer = (command) => {
      if (!('insert' in command)) return undefined;
      return answers[Math.min(insertions().length, answers.length) - 1];
    };
  };
  const remember = (): Promise<unknown> => asOutcome(stores.replays.remember(DIGEST, {expiresAt: 1}));

  beforeEach(async () => {
    fake = await FakeMongodb.start();
  });
  afterEach(async () => {
    await stores.close();
    await fake.close();
  });

  // A server that knows no retryable writes: each command is sent once.
  const sentOnce: readonly [
    title: string,
    answer: Answer,
    kind: typeof UnavailableError | typeof InternalError,
  ][] = [
    ['not writable any more', failure(10107, 'NotWritablePrimary'), UnavailableError],
    ['not authorised any more', failure(13, 'Unauthorized'), UnavailableError],
    ['stepped down meanwhile', failure(189, 'PrimarySteppedDown'), OutcomeUnknownError],
    ['interrupted', failure(11602, 'InterruptedDueToReplStateChange'), OutcomeUnknownError],
    ['shutting down', failure(91, 'ShutdownInProgress'), OutcomeUnknownError],
    ['out of time', failure(50, 'MaxTimeMSExpired'), OutcomeUnknownError],
    ['a router that lost the shard', failure(6, 'HostUnreachable'), OutcomeUnknownError],
    ['an error of a later release', failure(99_999, 'Later'), OutcomeUnknownError],
    [
      'not confirmed by the majority',
      {ok: 1, n: 1, writeConcernError: {code: 64, codeName: 'WriteConcernTimeout', errmsg: 'waiting'}},
      OutcomeUnknownError,
    ],
    ['that a validator refuses', writeError(121), InternalError],
    ['that is too large', failure(10334, 'BSONObjectTooLarge'), InternalError],
    ['nothing, and hangs up', 'close', OutcomeUnknownError],
    ['nothing', 'silent', OutcomeUnknownError],
  ];
  for (const [title, answer, kind] of sentOnce) {
    it(`where the server says: ${title}`, async () => {
      await open(without(PRIMARY, 'setName', 'logicalSessionTimeoutMinutes'));
      answerInsertions(answer);
      const error = await remember();
      expect(isKind(error, kind), String(error)).to.equal(true);
      expect(insertions()).to.have.lengthOf(1);
    });
  }

  // The driver waits for half a second before it asks the server again how it is.
  it('where the driver tries again, and the server knows the write: it was done, once', async () => {
    await open(PRIMARY, 5000);
    answerInsertions('close', {ok: 1, n: 1});
    expect(await remember()).to.equal('done');
    const [first, second] = insertions();
    expect(first?.['txnNumber']).to.deep.equal(second?.['txnNumber']);
    expect(first?.['lsid']).to.deep.equal(second?.['lsid']);
  });

  it('where the second try is refused: the first one’s outcome is unknown', async () => {
    await open(PRIMARY, 5000);
    answerInsertions('close', failure(10107, 'NotWritablePrimary', RETRYABLE));
    expect(await remember()).to.be.instanceOf(OutcomeUnknownError);
    expect(insertions()).to.have.lengthOf(2);
  });

  it('where the second try finds the digest: it is the first one’s, or another’s', async () => {
    await open(PRIMARY, 5000);
    for (const isOwn of [true, false]) {
      fake.commands.length = 0;
      let by: unknown;
      fake.answer = (command) => {
        if ('insert' in command) {
          by = (command['documents'] as {by: unknown}[])[0]?.by;
          return insertions().length === 1 ? 'close' : writeError(11000);
        }
        if (command['find'] !== 'replay') return undefined;
        const found = {_id: DIGEST, by: isOwn ? by : 'another'};
        return {ok: 1, cursor: {id: Long.ZERO, ns: 'db.replay', firstBatch: [found]}};
      };
      expect(await stores.replays.remember(DIGEST, {expiresAt: 1})).to.equal(isOwn);
    }
  });

  it('where no server answers any more, it was never sent', async () => {
    await open();
    await fake.close();
    // The connection that is open is found closed by the first one.
    await asOutcome(stores.ping());
    const error = await remember();
    expect(isKind(error, UnavailableError), String(error)).to.equal(true);
    fake = await FakeMongodb.start();
  });

  describe('where the server is slow', () => {
    it('one runs, one waits, and the next is refused at once', async () => {
      await open();
      answerInsertions('silent');
      const [running, waiting] = [remember(), remember()];
      const refused = await remember();
      expect(isKind(refused, UnavailableError)).to.equal(true);
      expect(refused).to.have.property('message', 'Too many callers wait for the store.');
      expect(await running).to.be.instanceOf(OutcomeUnknownError);
      expect(isKind(await waiting, UnavailableError)).to.equal(true);
    });

    it('what was given up before it was sent is not sent later', async () => {
      await open();
      fake.answer = (command) => ('insert' in command ? 'silent' : undefined);
      const attempts = [remember(), remember()];
      await Promise.all(attempts);
      expect(insertions()).to.have.lengthOf(1);
      // The driver ends the silent connection by itself, and then gives the next one a connection.
      fake.answer = () => undefined;
      const isBack = async (): Promise<boolean> =>
        (await asOutcome(stores.replays.deleteExpired({before: 1, limit: 1}))) === 'done';
      while (!(await isBack())) await sleep(10);
      expect(insertions()).to.have.lengthOf(1);
    });
  });
});
