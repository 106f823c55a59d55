import {rename} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import Database from 'better-sqlite3';
import {expect} from 'chai';
import type {WireResponse} from '../support/raw-client.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {STORE_UNAVAILABLE} from './support/refusal.ts';

const READY = 'GET /health/ready HTTP/1.1\r\nHost: any\r\n\r\n';

/** Asks until the server says so; how soon is not for a test to say. */
async function untilReady(s: HostileScene, ready: boolean): Promise<WireResponse> {
  for (;;) {
    const response = await s.send(READY);
    if ((response.status === 200) === ready) return response;
    await delay(100);
  }
}

function expectUnavailable({status, headers, json}: WireResponse): void {
  expect(status).to.equal(503);
  expect(headers['retry-after']).to.equal('1');
  expect(json).to.include({name: 'UnavailableError', message: 'The store cannot be used now.'});
}

describe('hostile: the store is down', () => {
  const scene = useScene();

  it('R45 locked by somebody else: writes are refused with 503, uses of keys go on, and it recovers by itself', async () => {
    const s = scene();
    const capability = await s.delegation({controller: s.alice});
    await untilReady(s, true);
    const other = new Database(join(s.server.dataDir, 'webkms.db'));
    other.exec('BEGIN EXCLUSIVE');
    const before = s.database.snapshot();
    const writes = [
      s.creating(),
      s.generating(),
      s.revoking(capability),
      s.updating({id: s.keystore, sequence: 1, controller: s.owner.did}),
      s.reading({method: 'DELETE', action: 'write'}),
    ];
    const answers = await Promise.all([
      ...writes.map(async (request) => s.sendAlone(request)),
      untilReady(s, false),
      s.accepted(s.signing({signer: s.alice, capability})),
      s.accepted(s.reading()),
    ]);
    for (const answer of answers.slice(0, writes.length)) {
      expectUnavailable(answer);
      expect(s.log.lineOf(answer)).to.include({level: 'warn', reason: 'ERR_UNAVAILABLE', status: 503});
    }
    expect(answers[writes.length]?.json).to.deep.include({details: {failed: ['store']}});
    expect((await s.send('GET /health/live HTTP/1.1\r\nHost: any\r\n\r\n')).status).to.equal(200);
    expect(s.database.snapshot()).to.deep.equal(before);
    other.exec('ROLLBACK');
    other.close();
    await untilReady(s, true);
    await s.accepted(s.creating(), 201);
    await s.accepted(s.revoking(capability), 204);
  }).timeout(60_000);

  it('R45 moved away: nothing is answered as stored, and it recovers when it is back', async () => {
    const s = scene();
    const file = join(s.server.dataDir, 'webkms.db');
    await rename(file, `${file}.away`);
    const capability = await s.delegation({controller: s.alice});
    await untilReady(s, false);
    const requests = [
      [s.creating(), 201],
      [s.generating(), 200],
      [s.revoking(capability), 204],
    ] as const;
    for (const [request] of requests) await s.refused(request, STORE_UNAVAILABLE);
    await s.accepted(s.signing());
    await rename(`${file}.away`, file);
    await untilReady(s, true);
    for (const [request, status] of requests) await s.accepted(request, status);
  });
});
