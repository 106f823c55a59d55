import {expect} from 'chai';
import type {WireRequest} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';

type Ask = (scene: HostileScene, keystore: string) => WireRequest | Promise<WireRequest>;

const KEY = 'z1BBBBBBBBBBBBBBBBBBBBBBB';

/** What a stranger may ask of a keystore. */
const QUESTIONS: Readonly<Record<string, Ask>> = {
  'to read it': (s, url) => s.reading({url, signer: s.stranger}),
  'to update it': (s, id) => s.updating({id, sequence: 1, controller: s.stranger.did}, {signer: s.stranger}),
  'to update it out of sequence': (s, id) =>
    s.updating({id, sequence: 7, controller: s.stranger.did}, {signer: s.stranger}),
  'to delete it': (s, url) => s.reading({url, method: 'DELETE', action: 'write', signer: s.stranger}),
  'to list its keys': (s, keystore) => s.reading({url: `${keystore}/keys`, signer: s.stranger}),
  'to list its revocations': (s, keystore) =>
    s.reading({url: `${keystore}/zcaps/revocations`, signer: s.stranger}),
  'to generate a key': (s, keystore) =>
    s.generating(undefined, {url: `${keystore}/keys`, signer: s.stranger}),
  'to generate a key of no type': (s, keystore) =>
    s.generating({type: 'none'}, {url: `${keystore}/keys`, signer: s.stranger}),
  'to read a key that is not there': (s, keystore) =>
    s.reading({url: `${keystore}/keys/${KEY}`, signer: s.stranger}),
  'to sign with a key that is not there': (s, keystore) =>
    s.signing({url: `${keystore}/keys/${KEY}`, signer: s.stranger}),
  'to sign, by a capability that it made itself': async (s, keystore) => {
    const property = {owner: s.stranger, keystore, keys: s.keys};
    const invocationTarget = `${keystore}/keys/${KEY}`;
    const capability = await s.chain([s.stranger], {property, invocationTarget});
    return s.signing({url: invocationTarget, signer: s.stranger, capability});
  },
  'to revoke a capability that it made itself': async (s, keystore) => {
    const property = {owner: s.stranger, keystore, keys: s.keys};
    const capability = await s.chain([s.stranger], {property, invocationTarget: keystore});
    return s.revoking(capability, {keystore, signer: s.stranger});
  },
  'for something by a wrong signature': (s, url) => s.reading({url, overrides: {signer: s.stranger}}),
  'for something by another root': (s, url) =>
    s.reading({url, signer: s.stranger, capability: `urn:zcap:root:${encodeURIComponent(s.keystore)}`}),
};

describe('hostile: what strangers learn of what exists', () => {
  const scene = useScene();

  for (const [question, ask] of Object.entries(QUESTIONS)) {
    it(`nothing, when asking ${question}`, async () => {
      const s = scene();
      const [mine, nobodys] = [
        await s.send(await ask(s, s.foreign.keystore)),
        await s.send(await ask(s, s.nowhere)),
      ];
      expect(mine.status).to.equal(403);
      expect(withoutVolatile(mine.headers)).to.deep.equal(withoutVolatile(nobodys.headers));
      expect(mine.text).to.equal(nobodys.text);
      expect(s.log.lineOf(mine).reason).to.equal(s.log.lineOf(nobodys).reason);
    });
  }

  it('a key that exists is to a stranger as one that does not', async () => {
    const s = scene();
    const there = new URL(s.foreign.keys.ed25519);
    const nothing = `${s.foreign.keystore}/keys/${KEY}`;
    for (const ask of [
      (url: string) => s.reading({url, signer: s.stranger}),
      (url: string) => s.signing({url, signer: s.stranger}),
      (url: string) =>
        s.signing({url, signer: s.stranger, json: {type: 'WrapKeyOperation'}, action: 'wrapKey'}),
    ]) {
      const [exists, not] = [await s.send(ask(there.href)), await s.send(ask(nothing))];
      expect([exists.status, exists.text]).to.deep.equal([403, not.text]);
    }
    const missing = await s.send(s.signing({url: nothing, signer: s.foreign.owner}));
    expect([missing.status, (missing.json as {message: string}).message]).to.deep.equal([
      404,
      'Key not found.',
    ]);
    await s.accepted(s.signing({url: there.href, signer: s.foreign.owner}));
  });

  it('who may sign with one key learns nothing of others', async () => {
    const s = scene();
    const capability = await s.chain([s.alice]);
    const ask = (url: string) => s.reading({url, signer: s.alice, capability});
    const [exists, not] = [await s.send(ask(s.keys.second)), await s.send(ask(`${s.keystore}/keys/${KEY}`))];
    expect([exists.status, exists.text]).to.deep.equal([403, not.text]);
    await s.accepted(ask(s.keys.ed25519));
  });
});

function withoutVolatile(headers: Readonly<Record<string, string>>) {
  return {...headers, 'x-request-id': '', date: ''};
}
