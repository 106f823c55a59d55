import {expect} from 'chai';
import {withBody, type WireRequest} from '../support/signed-request.ts';
import {didDocument} from '../zcap/did/did-documents.ts';
import {HOST} from '../zcap/did/did-web-server.ts';
import {didWebSigner, fetchFrom, useDidWeb} from './support/did-web-scene.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {badDid, forbidden, invalid, malformed, type Refusal} from './support/refusal.ts';

const NOT_VERIFIED = forbidden('signature', 'Signature not verified.');

describe('hostile: did:web, what is not fetched', () => {
  const use = useDidWeb();

  for (const address of [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '192.168.1.1',
    '0.0.0.0',
    '100.64.0.1',
    '::1',
    'fd00::1',
    '::ffff:127.0.0.1',
  ]) {
    it(`R51 a name with the address ${address} is not connected to`, async () => {
      const {scene} = use();
      const host = `a${address.replace(/[^0-9a-f]/g, '')}.example`;
      scene.outbound.addresses.set(host, address);
      await scene.refused(scene.signing({signer: didWebSigner(`did:web:${host}`)}), badDid('address'), {
        fetched: [`resolve ${host}`],
      });
    });
  }

  for (const did of [
    'did:web:localhost',
    'did:web:127.0.0.1',
    'did:web:[::1]',
    'did:web:0x7f000001',
    `did:web:user%40${HOST}`,
    `did:web:${HOST}%2Fa`,
    `did:web:${HOST}%3Fa`,
    `did:web:${HOST}%23a`,
    `did:web:${HOST}%3A`,
    `did:web:${HOST}:..`,
    `did:web:${HOST}:%2e%2e`,
    `did:web:${HOST.toUpperCase()}`,
    `did:web:${HOST}.`,
  ]) {
    it(`R51 ${did} is not even looked up`, async () => {
      const {scene} = use();
      await scene.refused(scene.signing({signer: didWebSigner(did)}), badDid('syntax'));
    });
  }

  it('R51 ports that are not on the list are not connected to', async () => {
    const {scene} = use();
    for (const port of [22, 80, 8443, scene.server.port]) {
      await scene.refused(scene.signing({signer: didWebSigner(`did:web:${HOST}%3A${port}`)}), badDid('port'));
    }
  });

  const CHEAP: readonly (readonly [string, (scene: HostileScene, did: string) => WireRequest, Refusal])[] = [
    [
      'a wrong host',
      (scene, did) => scene.signing({signer: didWebSigner(did), overrides: {host: 'evil.example'}}),
      forbidden('host', 'Host header contains an unexpected host name.'),
    ],
    [
      'an expired signature',
      (scene, did) =>
        scene.signing({signer: didWebSigner(did), overrides: {created: '1700000000', expires: '1700000600'}}),
      forbidden('expired', 'The signature has expired.'),
    ],
    [
      'an unsigned header',
      (scene, did) => scene.signing({signer: didWebSigner(did), overrides: {signedHeaders: ['(created)']}}),
      forbidden('unsigned-header', '(key-id) was not a signed header.'),
    ],
    [
      'another body',
      (scene, did) => withBody(scene.signing({signer: didWebSigner(did)}), '{}'),
      malformed('The "digest" header value does not match digest of body.'),
    ],
    [
      'no JSON',
      (scene, did) => scene.signing({signer: didWebSigner(did), body: 'x'}),
      malformed('The JSON cannot be parsed.'),
    ],
    [
      'no operation',
      (scene, did) => scene.signing({signer: didWebSigner(did), json: {}}),
      invalid('KmsOperation', " should have required property 'type'"),
    ],
    [
      'an unknown query',
      (scene, did) =>
        scene.reading({signer: didWebSigner(did), overrides: ({target}) => ({target: `${target}?a=b`})}),
      invalid('query', ' should NOT have additional properties'),
    ],
  ];
  for (const [title, request, refusal] of CHEAP) {
    it(`R12 a request with ${title} costs no fetch`, async () => {
      const {scene, bait} = use();
      await scene.refused(request(scene, bait.did(':never')), refusal);
      expect(bait.requests).not.to.include('GET /never/did.json');
    });
  }

  it('R12 a capability costs no fetch of whom it names, unless it was they who delegated and all else is right', async () => {
    const {scene, bait} = use();
    const {alice, bob} = scene;
    const named = bait.did(':named');
    const capability = await scene.delegation({controller: [alice.did, named]});
    scene.outbound.attempts.length = 0;
    await scene.accepted(scene.signing({signer: alice, capability}));
    expect(scene.outbound.attempts).to.deep.equal([]);
    const child = await scene.delegation({
      parent: capability,
      delegator: didWebSigner(named),
      controller: bob,
    });
    const invoking = () => scene.signing({signer: bob, capability: child});
    await scene.refused(
      scene.signing({signer: scene.stranger, capability: child}),
      forbidden(
        'invoker',
        'The capability controller does not match the verification method (or its controller) used to invoke.',
      ),
    );
    await scene.refused(
      {
        ...invoking(),
        headers: scene
          .signing({signer: alice, capability: child})
          .headers.map(([n, v]) => [
            n,
            n === 'authorization' ? v.replace(/signature="..../, 'signature="AAAA') : v,
          ]),
      },
      NOT_VERIFIED,
    );
    bait.serve(didDocument(named));
    scene.outbound.attempts.length = 0;
    await scene.accepted(invoking());
    expect(scene.outbound.attempts).to.deep.equal(fetchFrom(bait));
  });

  it('R50 a keystore that names a did:web costs no fetch', async () => {
    const {scene, bait} = use();
    scene.outbound.attempts.length = 0;
    await scene.createKeystore(scene.stranger, {controller: [scene.stranger.did, bait.did(':unasked')]});
    expect(scene.outbound.attempts).to.deep.equal([]);
  });
});
