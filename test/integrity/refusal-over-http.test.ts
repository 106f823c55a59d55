import Database from 'better-sqlite3';
import {expect} from 'chai';
import {OWNER, populate, signing, type PopulatedKeystore} from '../demonstrations/population.ts';
import {runServer, type TestServer} from '../support/run-server.ts';
import {delegate} from '../support/delegate.ts';
import {controller} from '../support/did-key.ts';
import {rootCapabilityId, send, signedRequest, type WireRequest} from '../support/signed-request.ts';
import {editDatabase} from './database-fixture.ts';

interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly err?: {readonly cause?: {readonly name: string; readonly code: string; readonly message: string}};
}

describe('a record that the server did not write, over HTTP', () => {
  let server: TestServer;
  let keystore: PopulatedKeystore;
  let lines: LogLine[];

  before(async () => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as LogLine);
    server = await runServer({logStream: {write}});
    [keystore] = (await populate(server, {keystores: 1, keysPerKeystore: 1})) as [PopulatedKeystore];
  });
  after(() => server.stop());

  /** What was logged of a request that failed: the client is told the same whatever the reason. */
  async function failure(request: () => ReturnType<typeof send>): Promise<string> {
    lines.length = 0;
    const reply = await request();
    expect(reply.status).to.equal(500);
    expect(reply.json).to.include({name: 'InternalError', message: 'An internal error occurred.'});
    expect(reply.text).to.not.match(/amper|written|wrote/);
    const line = lines.find(({msg}) => msg === 'request');
    expect(line?.level).to.equal('error');
    expect(line?.err?.cause).to.include({name: 'TamperedRecordError', code: 'ERR_TAMPERED_RECORD'});
    return line?.err?.cause?.message ?? '';
  }

  it('is an error that says nothing to the client, and names the record in the log', async () => {
    const [key = ''] = keystore.keys;
    expect((await send(server, signing(key))).status).to.equal(200);

    editDatabase(server.dataDir, "UPDATE key_record SET public_alias = 'did:example:1'");
    expect(await failure(() => send(server, signing(key)))).to.equal(
      `The stored key ${key} is not what the server wrote.`,
    );
    editDatabase(server.dataDir, 'UPDATE key_record SET public_alias = NULL');
    expect((await send(server, signing(key))).status).to.equal(200);

    editDatabase(server.dataDir, "UPDATE keystore SET ip_allow_list = '[]'");
    const reading = signedRequest({url: keystore.id, action: 'read', signer: OWNER});
    for (const request of [reading, signing(key)]) {
      expect(await failure(() => send(server, request))).to.equal(
        `The stored keystore ${keystore.id} is not what the server wrote.`,
      );
    }
    editDatabase(server.dataDir, 'UPDATE keystore SET ip_allow_list = NULL');
    expect((await send(server, signing(key))).status).to.equal(200);
  });

  it('of a list is named in the log, also where it cannot be read; taken out, the others are listed', async () => {
    const [{id, keys}] = (await populate(server, {keystores: 1, keysPerKeystore: 3})) as [PopulatedKeystore];
    const [, second = ''] = keys;
    const listing = () => send(server, signedRequest({url: `${id}/keys`, action: 'read', signer: OWNER}));
    const ids = async () =>
      ((await listing()).json as {results: {id: string}[]}).results.map((key) => key.id);
    const all = await ids();
    expect(all).to.have.length(3);
    const isSecond = `local_id = '${second.split('/').at(-1)!}'`;
    for (const edit of ["public_alias = 'did:example:1'", "policy = '[]'", "tags = '[]'"]) {
      editDatabase(server.dataDir, `UPDATE key_record SET ${edit} WHERE ${isSecond}`);
      expect(await failure(listing), edit).to.equal(`The stored key ${second} is not what the server wrote.`);
      const undone = 'public_alias = NULL, policy = NULL, tags = NULL';
      editDatabase(server.dataDir, `UPDATE key_record SET ${undone} WHERE ${isSecond}`);
      expect(await ids()).to.deep.equal(all);
    }
    editDatabase(server.dataDir, `UPDATE key_record SET policy = '[]' WHERE ${isSecond}`);
    const db = new Database(`${server.dataDir}/webkms.db`);
    db.exec(`PRAGMA foreign_keys = ON; DELETE FROM key_record WHERE ${isSecond}`);
    db.close();
    const others = await ids();
    expect(others).to.have.length(2);
    expect(others).to.deep.equal(all.filter((key) => others.includes(key)));
  });

  it('of a key tells strangers nothing, and those who may not use it any more', async () => {
    const [key = ''] = keystore.keys;
    const bob = controller('bob');
    const capability = await delegate({
      parent: rootCapabilityId(keystore.id),
      delegator: OWNER,
      controller: bob,
      invocationTarget: key,
      allowedAction: ['sign'],
    });
    const json = {type: 'SignOperation', invocationTarget: key, verifyData: 'AAAA'};
    const delegated = () => signedRequest({url: key, json, action: 'sign', signer: bob, capability});
    const strangers = () => signedRequest({url: key, json, action: 'sign', signer: controller('stranger')});
    const answerTo = async (request: WireRequest): Promise<unknown> => {
      const {status, json: says} = await send(server, request);
      return {status, says: {...(says as object), requestId: undefined}};
    };
    for (let time = 1; time <= 2; time++) expect((await send(server, delegated())).status).to.equal(200);
    const refusal = await answerTo(strangers());
    expect(refusal).to.have.property('status', 403);

    // One that a MAC tells, one that cannot even be read.
    const edits = ["public_alias = 'did:example:1'", "policy = '[]'"];
    for (const edit of edits) {
      editDatabase(server.dataDir, `UPDATE key_record SET ${edit}`);
      expect(await answerTo(strangers())).to.deep.equal(refusal);
      expect((await send(server, delegated())).status).to.equal(500);
      editDatabase(server.dataDir, 'UPDATE key_record SET public_alias = NULL, policy = NULL');
      expect((await send(server, delegated())).status).to.equal(200);
    }

    const url = `${keystore.id}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    const revoking = {
      url,
      json: capability,
      action: 'write',
      capability: rootCapabilityId(url),
      signer: OWNER,
    };
    expect((await send(server, signedRequest(revoking))).status).to.equal(204);
    const revoked = await answerTo(delegated());
    expect(revoked).to.have.property('status', 403);
    for (const edit of edits) {
      editDatabase(server.dataDir, `UPDATE key_record SET ${edit}`);
      expect(await answerTo(delegated())).to.deep.equal(revoked);
      editDatabase(server.dataDir, 'UPDATE key_record SET public_alias = NULL, policy = NULL');
    }
  });
});
