import {randomBytes} from 'node:crypto';
import {p256} from '@noble/curves/nist.js';
import {encode} from 'base58-universal';
import {expect} from 'chai';
import {HostileScene} from '../../hostile/support/hostile-scene.ts';
import {controller} from '../../support/did-key.ts';
import {signedRequest} from '../../support/signed-request.ts';
import {MalformedRequestError} from '../../../lib/errors.ts';
import {assertControllers} from '../../../lib/http/endpoints/assert-controllers.ts';

const didKey = (...parts: readonly Uint8Array[]): string => `did:key:z${encode(Buffer.concat(parts))}`;
const ED25519 = Buffer.of(0xed, 0x01);
const P256 = Buffer.of(0x80, 0x24);

/** What looks like a controller, and could never control anything. */
const MISTYPED: Readonly<Record<string, string>> = {
  'a letter too few': controller('other').did.slice(0, -1),
  'a letter too many': `${controller('other').did}a`,
  'a letter that base58 has not': controller('other').did.replace(/.$/, 'l'),
  'another base': `did:key:u${Buffer.concat([ED25519, randomBytes(32)]).toString('base64url')}`,
  'another codec': didKey(Buffer.of(0xec, 0x01), Buffer.alloc(32, 9)),
  'a key of 31 bytes': didKey(ED25519, Buffer.alloc(31, 7)),
  'a point of small order': didKey(ED25519, Buffer.of(1), Buffer.alloc(31)),
  'no point of the curve': didKey(ED25519, Buffer.of(2), Buffer.alloc(31)),
  'a key that signs no requests': didKey(P256, p256.getPublicKey(p256.utils.randomSecretKey(), true)),
  'a DID URL': controller('other').keyId,
  'a did:web of no domain': 'did:web:10.0.0.1',
  'a percent sign alone': 'did:example:100%',
  'an end that is none': 'did:example:alice:',
};

describe('controllers of keystores', () => {
  const owner = controller('owner of controllers');
  let scene: HostileScene;
  before(async () => {
    scene = await HostileScene.start({}, {tls: 'off'});
  });
  after(() => scene.stop());

  const update = (url: string, sequence: number, controllers: unknown) =>
    signedRequest({
      url,
      json: {id: url, sequence, controller: controllers},
      action: 'write',
      signer: owner,
    });

  for (const [what, did] of Object.entries(MISTYPED)) {
    it(`are not ${what}: a keystore is neither made for it nor given to it`, async () => {
      const json = {sequence: 0, controller: [owner.did, did]};
      const made = await scene.send(
        signedRequest({url: scene.keystores, json, action: 'write', signer: owner}),
      );
      expect(made.status, made.text).to.equal(400);
      const {id} = await scene.createKeystore(owner);
      const given = await scene.send(update(id, 1, did));
      expect(given.status, given.text).to.equal(400);
      await scene.accepted(update(id, 1, owner.did));
    });
  }

  it('are whatever another method calls its own', async () => {
    for (const did of [
      controller('other').did,
      'did:example:a%20b',
      'did:example::b',
      'did:web:example.com%3A8443:user:alice',
      'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
    ]) {
      const {id} = await scene.createKeystore(owner, {controller: [owner.did, did]});
      await scene.accepted(update(id, 1, [owner.did, controller('third').did, did]));
      await scene.accepted(update(id, 2, did));
    }
  });

  it('stay where they were from before, whatever they are', () => {
    for (const did of Object.values(MISTYPED)) {
      const stored = {controller: [owner.did, did]};
      assertControllers(stored, stored);
      assertControllers({controller: did}, stored);
      expect(() => assertControllers(stored, {controller: owner.did})).to.throw(MalformedRequestError);
      expect(() => assertControllers(stored)).to.throw(MalformedRequestError);
    }
  });
});
