import {expect} from 'chai';
import {generateLocalId} from '../../../lib/encoding/local-id.ts';
import {delegateChain, type Capability} from '../../support/delegate.ts';
import {controller} from '../../support/did-key.ts';
import {headerOf, rootCapabilityId, signedRequest, withHeader} from '../../support/signed-request.ts';
import type {WireRequest} from '../../support/wire.ts';
import {makeTempDir, type TempDir} from '../../sealing/temp-dir.ts';
import {BASE_URL, CountedNode} from './counted-node.ts';

const READING = 'state.read';
const WITH_KEY = 'state.read with key';
const KEYSTORES = `${BASE_URL}/kms/keystores`;

/** How often a request asks the store: what it costs where the store is on another machine. */
describe('round trips to the store', () => {
  const [alice, bob, carol] = [controller('alice'), controller('bob'), controller('carol')];
  let directory: TempDir;
  let node: CountedNode;
  let keystore: string;
  let key: string;
  let count = 0;

  before(async () => {
    directory = await makeTempDir();
    node = await CountedNode.open({dataDir: directory.path('')});
    const created = await node.answer(
      signedRequest({
        url: KEYSTORES,
        json: {sequence: 0, controller: alice.did},
        action: 'write',
        capability: rootCapabilityId(KEYSTORES),
        signer: alice,
      }),
    );
    keystore = (created.json as {id: string}).id;
    const made = await node.answer(generating({type: 'Ed25519VerificationKey2020'}));
    key = (made.json as {keyId: string}).keyId;
  });
  after(async () => {
    await node.close();
    await directory.remove();
  });

  const generating = (invocationTarget: object): WireRequest => {
    const json = {type: 'GenerateKeyOperation', invocationTarget};
    return signedRequest({url: `${keystore}/keys`, json, action: 'generateKey', signer: alice});
  };
  const revoking = (capability: Capability): WireRequest => {
    const url = `${keystore}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    return signedRequest({
      url,
      json: capability,
      action: 'write',
      capability: rootCapabilityId(url),
      signer: alice,
    });
  };
  /** Each of its own, so that it is no repetition of another. */
  const signing = (changes: Partial<Parameters<typeof signedRequest>[0]> = {}): WireRequest => {
    const verifyData = Buffer.from(`data ${count++}`).toString('base64url');
    const json = {type: 'SignOperation', invocationTarget: key, verifyData};
    return signedRequest({url: key, json, action: 'sign', signer: alice, ...changes});
  };
  const operation = (type: string, members: object = {}): WireRequest => {
    const action = type.replace('Operation', '').replace(/^./, (letter) => letter.toLowerCase());
    const json = {type, invocationTarget: key, ...members};
    return signedRequest({url: key, json, action, signer: alice});
  };

  async function callsOf(request: WireRequest, status = 200): Promise<readonly string[]> {
    node.calls();
    const answer = await node.answer(request);
    expect(answer.status, JSON.stringify(answer.json)).to.equal(status);
    return node.calls();
  }

  /** A capability to sign, delegated on from one to the next. */
  const delegated = async (...holders: (typeof alice)[]): Promise<Capability> => {
    const options = {root: rootCapabilityId(keystore), invocationTarget: key, allowedAction: ['sign']};
    return (await delegateChain({...options, holders: [alice, ...holders]})).at(-1)!;
  };

  it('are one for a signature by a controller, who was seen in the keystore before', async () => {
    for (let time = 1; time <= 3; time++) expect(await callsOf(signing())).to.deep.equal([WITH_KEY]);
  });

  it('are one for a signature by a delegate, however long the chain, and one more the first time', async () => {
    for (const holders of [[bob], [bob, carol, bob, carol]]) {
      const capability = await delegated(...holders);
      const signer = holders.at(-1)!;
      expect(await callsOf(signing({capability, signer}))).to.deep.equal([READING, WITH_KEY]);
      for (let time = 1; time <= 3; time++) {
        expect(await callsOf(signing({capability, signer}))).to.deep.equal([WITH_KEY]);
      }
    }
  });

  it('are none where the signature does not verify, and one for a stranger, for whom no key is read', async () => {
    // The signature of another request.
    const forged = withHeader(signing(), 'authorization', headerOf(signing(), 'authorization')!);
    expect(await callsOf(forged, 403)).to.deep.equal([]);
    expect(await callsOf(signing({signer: carol}), 403)).to.deep.equal([READING]);
    const [capability, another] = [await delegated(bob), await delegated(bob)];
    expect(await callsOf(signing({capability, signer: carol}), 403)).to.deep.equal([READING]);
    await callsOf(revoking(capability), 204);
    expect(await callsOf(signing({capability, signer: bob}), 403)).to.deep.equal([READING]);
    expect(await callsOf(signing({capability: another, signer: bob}))).to.deep.equal([READING, WITH_KEY]);
  });

  it('are one for a description of a key', async () => {
    const request = signedRequest({url: key, action: 'read', signer: alice});
    await callsOf(request);
    expect(await callsOf(request)).to.deep.equal([WITH_KEY]);
    const withMetadata = signedRequest({url: `${key}?include=metadata`, action: 'read', signer: alice});
    expect(await callsOf(withMetadata)).to.deep.equal([WITH_KEY, 'keyUses.find']);
  });

  it('are one, that it happens once, and the write, for a change of a key; its reply tells of uses', async () => {
    await callsOf(operation('UpdateKeyOperation', {description: 'before'}));
    expect(await callsOf(operation('UpdateKeyOperation', {description: 'after'}))).to.deep.equal([
      WITH_KEY,
      'replays.remember',
      'keys.update',
      'keyUses.find',
    ]);
    expect(await callsOf(operation('RotateKeyOperation'))).to.deep.equal([
      WITH_KEY,
      'replays.remember',
      'keys.update',
    ]);
  });

  it('are one, and one for each item, for a batch', async () => {
    const items = Array.from({length: 3}, (_, index) => ({
      verifyData: Buffer.from([index]).toString('base64url'),
    }));
    const batch = {type: 'BatchOperation', invocationTarget: key, operation: 'SignOperation', items};
    expect(await callsOf(signing({json: batch}))).to.deep.equal([WITH_KEY, ...items.map(() => WITH_KEY)]);
  });

  it('are two readings for a revocation, around the proofs', async () => {
    expect(await callsOf(revoking(await delegated(bob, carol)), 204)).to.deep.equal([
      READING,
      READING,
      'replays.remember',
      'revocations.insert',
    ]);
  });

  it('are one, that it happens once, and the write, for a new key and for a change of the keystore', async () => {
    expect(await callsOf(generating({type: 'Ed25519VerificationKey2020'}))).to.deep.equal([
      READING,
      'replays.remember',
      'keys.insert',
    ]);
    const update = (sequence: number) =>
      signedRequest({
        url: keystore,
        json: {id: keystore, sequence, controller: alice.did},
        action: 'write',
        signer: alice,
      });
    await callsOf(update(1));
    expect(await callsOf(update(2))).to.deep.equal([READING, 'replays.remember', 'keystores.update']);
    expect(await callsOf(update(2), 409)).to.deep.equal([READING]);
  });

  it('are one for a description that is public', async () => {
    const open = await CountedNode.open({
      dataDir: directory.path('open'),
      environment: {
        WEBKMS_KEY_DESCRIPTIONS: 'public',
        WEBKMS_STORAGE: `sqlite:${directory.path('webkms.db')}`,
        WEBKMS_ROOT_WRAPPER: `file:${directory.path('root.key')}`,
      },
    });
    try {
      open.calls();
      const request = {
        method: 'GET',
        target: new URL(key).pathname,
        headers: [['host', 'kms.example']],
      } as const;
      await open.answer(request);
      open.calls();
      expect((await open.answer(request)).status).to.equal(200);
      expect(open.calls()).to.deep.equal([WITH_KEY]);
      expect(
        (await open.answer({...request, target: request.target.replace(/[^/]+$/, generateLocalId())})).status,
      ).to.equal(404);
      expect(open.calls()).to.deep.equal([WITH_KEY]);
    } finally {
      await open.close();
    }
  });
});
