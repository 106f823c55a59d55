import {expect} from 'chai';
import {
  InternalError,
  KeyPolicyError,
  KeyStateError,
  MalformedRequestError,
  NotAllowedError,
  NotSupportedError,
  UnavailableError,
  ValidationError,
} from '../../../lib/errors.ts';
import type {KeyCallData} from '../../../lib/isolation/protocol/key-process-methods.ts';
import {storedKey, storedKeystore} from '../../../lib/isolation/protocol/record-shapes.ts';
import {encodeRow} from '../../../lib/isolation/protocol/rows.ts';
import type {KeystoreConfig} from '../../../lib/storage/keystore-config-store.ts';
import {rejection} from '../../key-modules/fixtures.ts';
import {KeyProcessScene} from './scene.ts';

describe('key process: an HTTP process that lies', () => {
  let scene: KeyProcessScene;
  let keystore: KeystoreConfig;
  let localKeyId: string;
  let honest: KeyCallData;

  beforeEach(async () => {
    scene = await KeyProcessScene.create();
    await scene.open();
    keystore = await scene.makeKeystore('a');
    localKeyId = await scene.makeKey(keystore);
    honest = await scene.signing(keystore, localKeyId);
    scene.asked.length = 0;
  });

  afterEach(() => scene.close());

  const changeKey = (type: string, action: string, members: object = {}): Promise<object> =>
    scene.keys.runOnKey({
      ...honest,
      operation: {type, invocationTarget: `${keystore.id}/keys/${localKeyId}`, ...members},
      facts: {action, chainLength: 1},
    });

  it('is served where it does not lie', async () => {
    expect(await scene.keys.runOnKey(honest)).to.have.property('signatureValue');
    expect(await scene.keys.read(honest, {})).to.have.property('publicKeyMultibase');
    expect(
      (await scene.keys.list({keystore: honest.keystore, facts: honest.facts}, {limit: 5})).results,
    ).to.have.length(1);
    await scene.keys.verifyKeystore(honest.keystore);
  });

  it('gets nothing by a keystore that it has changed', async () => {
    const stored = await scene.storedKeystore(keystore.id);
    const row = encodeRow(storedKeystore, {...stored, controller: 'did:key:z6MkEvil'});
    expect(await rejection(scene.keys.verifyKeystore(row))).to.be.instanceOf(InternalError);
    expect(await rejection(scene.keys.runOnKey({...honest, keystore: row}))).to.be.instanceOf(InternalError);
  });

  it('gets a key used as the database has it, and not as it says', async () => {
    await changeKey('DisableKeyOperation', 'disableKey');
    const stored = await scene.storedKey(keystore.id, localKeyId);
    const row = encodeRow(storedKey, {...stored, state: 'enabled'});
    expect(await rejection(scene.keys.runOnKey({...honest, key: row}))).to.be.instanceOf(KeyStateError);
  });

  it('cannot give one key for another, nor one keystore’s for another’s', async () => {
    const other = await scene.makeKeystore('b');
    const otherKey = await scene.makeKey(other, {maxCapabilityChainLength: 1});
    const key = await scene.keyRow(other.id, otherKey);
    const reply = (await scene.keys.runOnKey({...honest, key})) as {signatureValue: string};
    // Ed25519 is deterministic: it was signed by the key that was named.
    expect(reply).to.deep.equal(await scene.keys.runOnKey(honest));
    const {key: own} = honest;
    const mixed = {...(await scene.signing(other, otherKey)), keystore: honest.keystore, key: own};
    expect(await rejection(scene.keys.runOnKey(mixed))).to.be.instanceOf(MalformedRequestError);
  });

  for (const [what, change, refusal] of [
    ['another action than was authorised', {facts: {action: 'verify', chainLength: 1}}, NotAllowedError],
    [
      'an operation for another key',
      {operation: {type: 'SignOperation', invocationTarget: 'https://localhost:9443/x', verifyData: 'AAAA'}},
      MalformedRequestError,
    ],
    [
      'an operation that its schema refuses',
      {operation: {type: 'SignOperation', verifyData: 5}},
      ValidationError,
    ],
    ['an operation that there is not', {operation: {type: 'constructor'}}, NotSupportedError],
    ['an operation of keystores', {operation: {type: 'GenerateKeyOperation'}}, NotSupportedError],
  ] as const) {
    it(`is refused ${what}`, async () => {
      expect(await rejection(scene.keys.runOnKey({...honest, ...change}))).to.be.instanceOf(refusal);
      expect(scene.asked).to.deep.equal([]);
    });
  }

  it('is held to the bound on chains, and to the policy', async () => {
    const narrow = await scene.makeKey(keystore, {
      maxCapabilityChainLength: 2,
      policy: {allowedOperations: ['verify']},
    });
    const call = await scene.signing(keystore, narrow);
    expect(await rejection(scene.keys.runOnKey(call))).to.be.instanceOf(KeyPolicyError);
    const long = {...call, facts: {action: 'sign', chainLength: 3}};
    expect(await rejection(scene.keys.runOnKey(long))).to.be.instanceOf(NotAllowedError);
    expect(await rejection(scene.keys.read(long, {}))).to.be.instanceOf(NotAllowedError);
    const {results} = await scene.keys.list({keystore: honest.keystore, facts: long.facts}, {limit: 5});
    expect(results).to.have.length(1);
  });

  it('is asked before a change is made, and only then', async () => {
    await scene.keys.runOnKey(honest);
    expect(scene.asked).to.deep.equal([]);
    await changeKey('DisableKeyOperation', 'disableKey');
    expect(scene.asked).to.deep.equal(['acceptOnce']);
  });

  it('gets no key where it says rows that are none', async () => {
    expect(await rejection(scene.keys.runOnKey({...honest, key: Uint8Array.of(1)}))).to.be.instanceOf(
      InternalError,
    );
    expect(await rejection(scene.keys.verifyKeystore(Uint8Array.of(0xff)))).to.be.instanceOf(InternalError);
  });

  it('cannot open the keys twice', async () => {
    expect(await rejection(scene.open())).to.be.instanceOf(InternalError);
    await scene.keys.runOnKey(honest);
  });
});

describe('key process: before its keys are open', () => {
  it('does nothing', async () => {
    const scene = await KeyProcessScene.create();
    try {
      const facts = {action: 'read', chainLength: 0};
      const keystore = Uint8Array.of(1);
      expect(await rejection(scene.keys.check())).to.be.instanceOf(UnavailableError);
      expect(await rejection(scene.keys.verifyKeystore(keystore))).to.be.instanceOf(UnavailableError);
      expect(await rejection(scene.keys.list({keystore, facts}, {limit: 1}))).to.be.instanceOf(
        UnavailableError,
      );
    } finally {
      await scene.close();
    }
  });
});
