import {expect} from 'chai';
import {send, type WireRequest} from '../support/signed-request.ts';
import type {TestServer} from '../support/run-server.ts';
import {useScene} from './support/cases.ts';

/** What one node changed, the other knows at once, whatever it has cached. */
describe('hostile: another node', () => {
  const scene = useScene();
  let node: TestServer;
  before(async () => {
    node = await scene().startNode();
  });

  async function answer(request: WireRequest): Promise<readonly [status: number, says: string | undefined]> {
    const {status, json} = await send(node, request);
    return [status, (json as {cause?: {message: string}} | undefined)?.cause?.message];
  }

  it('R41 honours a revocation', async () => {
    const s = scene();
    const capability = await s.delegation({controller: s.alice});
    const child = await s.delegation({parent: capability, delegator: s.alice, controller: s.bob});
    const requests = [
      s.signing({signer: s.alice, capability}),
      s.reading({url: s.keys.ed25519, signer: s.alice, capability}),
      s.signing({signer: s.bob, capability: child}),
    ];
    for (const request of requests) expect((await answer(request))[0]).to.equal(200);
    await s.accepted(s.revoking(capability), 204);
    for (const request of requests) {
      expect(await answer(request)).to.deep.equal([
        403,
        'A capability in the delegation chain has been revoked.',
      ]);
    }
    expect((await answer(s.revoking(capability)))[0]).to.equal(403);
  });

  it('R48 honours a transfer', async () => {
    const s = scene();
    const {owner, keystore, keys} = await s.acquire(s.alice);
    const capability = await s.chain([s.bob], {property: {owner, keystore, keys}});
    const url = keys.ed25519;
    const before = [s.signing({url, signer: s.alice}), s.signing({url, signer: s.bob, capability})];
    for (const request of before) expect((await answer(request))[0]).to.equal(200);
    expect((await answer(s.signing({url, signer: s.carol})))[0]).to.equal(403);
    const transfer = {id: keystore, sequence: 1, controller: s.carol.did};
    await s.accepted(s.updating(transfer, {signer: s.alice}));
    for (const request of before) expect((await answer(request))[0]).to.equal(403);
    expect((await answer(s.signing({url, signer: s.carol})))[0]).to.equal(200);
  });

  it('R48 of updates on both at once exactly one replaces', async () => {
    const s = scene();
    const {id} = await s.createKeystore(s.owner);
    const update = (bits: number) =>
      s.updating({id, sequence: 1, controller: s.owner.did, ipAllowList: [`127.0.0.1/${bits}`]});
    const responses = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (bits) => send(bits % 2 ? node : s.server, update(bits))),
    );
    expect(responses.map(({status}) => status).toSorted()).to.deep.equal([200, 409, 409, 409, 409, 409]);
  });

  it('R49 honours a list of addresses', async () => {
    const s = scene();
    const {id} = await s.createKeystore(s.owner);
    expect((await answer(s.reading({url: id})))[0]).to.equal(200);
    const ipAllowList = ['192.0.2.0/24'];
    await s.accepted(s.updating({id, sequence: 1, controller: s.owner.did, ipAllowList}));
    const {status, json} = await send(node, s.reading({url: id}));
    expect([status, (json as {message: string}).message]).to.deep.equal([
      403,
      'Permission denied. Source IP is not allowed.',
    ]);
  });

  it('uses a key that was made on the other', async () => {
    const s = scene();
    const url = await s.generateKey(s.property, {type: 'Ed25519VerificationKey2020'});
    expect(await answer(s.signing({url}))).to.deep.equal([200, undefined]);
    expect((await answer(s.signing({url, signer: s.stranger})))[0]).to.equal(403);
  });
});
