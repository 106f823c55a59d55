import {expect} from 'chai';
import {withExtraHeader, type WireRequest} from '../support/signed-request.ts';
import {useScene} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {malformed, WRONG_ADDRESS} from './support/refusal.ts';

const TYPE = {type: 'Ed25519VerificationKey2020'};

/** Of each route of a keystore, a request by its owner. */
async function everyRoute(s: HostileScene, keystore: string, key: string): Promise<WireRequest[]> {
  const capability = await s.chain([s.bob], {
    property: {owner: s.owner, keystore, keys: {...s.keys, ed25519: key}},
  });
  return [
    s.reading({url: keystore}),
    s.updating({id: keystore, sequence: 1, controller: s.owner.did}),
    s.reading({url: keystore, method: 'DELETE', action: 'write'}),
    s.reading({url: `${keystore}/keys`}),
    s.generating(TYPE, {url: `${keystore}/keys`}),
    s.reading({url: key}),
    s.signing({url: key}),
    s.signing({url: key, signer: s.bob, capability}),
    s.reading({url: `${keystore}/zcaps/revocations`}),
    s.revoking(capability, {keystore, signer: s.bob}),
  ];
}

/** A keystore that only these addresses may use, made while the list was empty, with a key. */
async function restricted(s: HostileScene, ipAllowList: readonly string[]) {
  const {id} = await s.createKeystore(s.owner);
  const key = await s.generateKey({owner: s.owner, keystore: id}, TYPE);
  await s.accepted(s.updating({id, sequence: 1, controller: s.owner.did, ipAllowList}));
  return {keystore: id, key};
}

const from = (request: WireRequest, forwarded: string) =>
  withExtraHeader(request, 'X-Forwarded-For', forwarded);

describe('hostile: source addresses, without a proxy', () => {
  const scene = useScene();

  it('R49 holds on every route', async () => {
    const s = scene();
    const {keystore, key} = await restricted(s, ['192.0.2.0/24', '2001:db8::/32']);
    for (const request of await everyRoute(s, keystore, key)) await s.refused(request, WRONG_ADDRESS);
    const here = await restricted(s, ['192.0.2.0/24', '127.0.0.0/8']);
    await s.accepted(s.signing({url: here.key}));
  });

  it('R49 what a client writes in X-Forwarded-For says nothing', async () => {
    const s = scene();
    const {keystore, key} = await restricted(s, ['192.0.2.0/24']);
    for (const request of await everyRoute(s, keystore, key)) {
      await s.refused(from(request, '192.0.2.1'), WRONG_ADDRESS);
    }
    for (const spoof of ['127.0.0.1, 192.0.2.1', '192.0.2.1, 127.0.0.1', 'nonsense', '']) {
      await s.refused(from(s.signing({url: key}), spoof), WRONG_ADDRESS);
    }
    for (const name of ['X-Real-IP', 'Forwarded', 'X-Client-IP', 'CF-Connecting-IP', 'True-Client-IP']) {
      const value = name === 'Forwarded' ? 'for=192.0.2.1' : '192.0.2.1';
      await s.refused(withExtraHeader(s.signing({url: key}), name, value), WRONG_ADDRESS);
    }
    const here = await restricted(s, ['127.0.0.1/32']);
    await s.accepted(from(s.signing({url: here.key}), '192.0.2.1'));
  });

  it('R49 IPv6 networks do not hold IPv4 addresses', async () => {
    const s = scene();
    const {key} = await restricted(s, ['::/0']);
    await s.refused(s.signing({url: key}), WRONG_ADDRESS);
    const here = await restricted(s, ['0.0.0.0/0']);
    await s.accepted(s.signing({url: here.key}));
  });

  it('R49 strangers do not learn whether there is a list', async () => {
    const s = scene();
    const {key} = await restricted(s, ['192.0.2.0/24']);
    const [closed, open] = [
      await s.send(s.signing({url: key, signer: s.stranger})),
      await s.send(s.signing({signer: s.stranger})),
    ];
    expect([closed.status, closed.text]).to.deep.equal([403, open.text]);
    await s.refused(s.signing({url: key}), WRONG_ADDRESS);
  });
});

describe('hostile: source addresses, behind a trusted proxy', () => {
  const scene = useScene({WEBKMS_TRUSTED_PROXIES: '127.0.0.1/32,10.0.0.0/8'});
  const NO_ADDRESS = malformed('X-Forwarded-For holds something that is no address.');

  it('R49 the address that the proxy forwards counts', async () => {
    const s = scene();
    const {keystore, key} = await restricted(s, ['192.0.2.0/24', '2001:db8::/32']);
    for (const request of await everyRoute(s, keystore, key)) {
      await s.refused(from(request, '198.51.100.1'), WRONG_ADDRESS);
      await s.refused(request, WRONG_ADDRESS);
    }
    await s.accepted(from(s.signing({url: key}), '192.0.2.1'));
    await s.accepted(from(s.signing({url: key}), '2001:db8::1'));
    await s.accepted(from(s.signing({url: key}), '::ffff:192.0.2.1'));
    await s.accepted(from(s.signing({url: key}), '192.0.2.1:50000'));
  });

  it('R49 what stands before the address that the proxy saw was written by the client', async () => {
    const s = scene();
    const {key} = await restricted(s, ['192.0.2.0/24']);
    const request = () => s.signing({url: key});
    await s.refused(from(request(), '192.0.2.1, 198.51.100.1'), WRONG_ADDRESS);
    await s.refused(from(from(request(), '192.0.2.1'), '198.51.100.1'), WRONG_ADDRESS);
    await s.refused(from(request(), '192.0.2.1, 198.51.100.1, 10.0.0.1'), WRONG_ADDRESS);
    await s.accepted(from(request(), '198.51.100.1, 192.0.2.1'));
    await s.accepted(from(request(), 'nonsense, 192.0.2.1'));
    await s.accepted(from(request(), '198.51.100.1, 192.0.2.1, 10.0.0.1'));
  });

  for (const forwarded of [
    'nonsense',
    '',
    '192.0.2.1,',
    '192.0.2.01',
    '0300.0.2.1',
    '192.0.2',
    '192.0.2.1/24',
    'unknown',
    '[::1',
    '192.0.2.1, ,10.0.0.1',
    "'192.0.2.1'",
    '192.0.2.1:999999',
  ]) {
    it(`R49 a proxy that forwards ${JSON.stringify(forwarded)} is not believed`, async () => {
      const s = scene();
      const {key} = await restricted(s, ['192.0.2.0/24', '127.0.0.0/8']);
      await s.refused(from(s.signing({url: key}), forwarded), NO_ADDRESS);
      await s.accepted(from(s.signing({url: key}), '192.0.2.1'));
    });
  }
});
