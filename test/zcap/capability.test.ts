import {expect} from 'chai';
import {parseCapability} from '../../lib/zcap/capability.ts';
import {expectRefusal} from './refusal.ts';
import {delegate, did, EXPIRES, KEYSTORE_URL, method, ROOT_ID, withProof} from './unsigned-capability.ts';

describe('parseCapability', () => {
  const good = delegate(1);
  const refused = (members: Record<string, unknown>): void =>
    expectRefusal(() => parseCapability({...good, ...members}), 'capability-shape');
  const accepted = (members: Record<string, unknown>): ReturnType<typeof parseCapability> =>
    parseCapability({...good, ...members});

  it('reads a well-formed capability', () => {
    expect(parseCapability(good)).to.deep.include({
      id: 'urn:zcap:1',
      controllers: [did(1)],
      parentCapability: ROOT_ID,
      invocationTarget: KEYSTORE_URL,
      allowedActions: undefined,
      expires: Date.parse(EXPIRES),
    });
    expect(parseCapability(good).proof).to.include({delegator: did(0), verificationMethod: method(0)});
  });

  it('refuses what is not an object', () => {
    for (const value of [null, undefined, 'urn:zcap:1', 1, [good]])
      expectRefusal(() => parseCapability(value), 'capability-shape');
  });

  it('R16 refuses members that are missing or unknown', () => {
    for (const name of Object.keys(good)) refused({[name]: undefined});
    for (const name of ['caveat', 'invoker', 'delegator', 'name', 'Proof']) refused({[name]: 'x'});
  });

  it('R17 refuses other contexts, remote or inline', () => {
    const [zcap, suite] = good['@context'] as string[];
    for (const context of [
      zcap,
      [],
      [zcap],
      [suite, zcap],
      [zcap, 'https://evil.example/v1'],
      [zcap, suite, {caveat: 'urn:x'}],
      [zcap, suite, suite],
      [[zcap], suite],
    ]) {
      refused({'@context': context});
    }
    accepted({'@context': [zcap, suite]});
  });

  it('R18 refuses ids that are not absolute URIs of at most 1 KB, and root ids', () => {
    for (const id of ['', 'x', 'urn:', 'urn:x y', 'urn:ü', 7, ROOT_ID, `urn:${'x'.repeat(1024)}`])
      refused({id});
    accepted({id: `urn:${'x'.repeat(1020)}`});
  });

  it('R19 refuses controllers that are not one to ten DIDs or verification methods', () => {
    for (const controller of [
      '',
      'https://example.org',
      [],
      [did(1), 7],
      [[did(1)]],
      Array.from({length: 11}, () => did(1)),
      {id: did(1)},
      'did:key:',
      'did:KEY:z6Mk',
    ]) {
      refused({controller});
    }
    expect(accepted({controller: [did(1), method(2)]}).controllers).to.deep.equal([did(1), method(2)]);
    accepted({controller: Array.from({length: 10}, () => did(1))});
  });

  it('R20 refuses a target that is not an https URL', () => {
    for (const invocationTarget of [
      '',
      'http://kms.example/x',
      'urn:x',
      7,
      [KEYSTORE_URL],
      {id: KEYSTORE_URL},
      'https://kms.example/a b',
    ])
      refused({invocationTarget});
    accepted({invocationTarget: `${KEYSTORE_URL}/keys/x`});
  });

  it('R21 refuses an allowedAction that is empty or not text', () => {
    for (const allowedAction of ['', [], [''], ['sign', ''], 7, null, {}, ['sign', 7]])
      refused({allowedAction});
    const actions = (count: number): string[] => Array.from({length: count}, (_, i) => `action${i}`);
    refused({allowedAction: actions(33)});
    accepted({allowedAction: actions(32)});
    refused({allowedAction: 'x'.repeat(129)});
    accepted({allowedAction: 'x'.repeat(128)});
    expect([...(accepted({allowedAction: 'sign'}).allowedActions ?? [])]).to.deep.equal(['sign']);
    expect([...(accepted({allowedAction: ['sign', 'verify']}).allowedActions ?? [])]).to.deep.equal([
      'sign',
      'verify',
    ]);
  });

  it('R22 refuses dates that are not strict XSD', () => {
    for (const date of [
      '',
      'tomorrow',
      '2027-02-15',
      '2027-02-30T00:00:00Z',
      '2027-02-15T08:00:00',
      7,
      null,
    ]) {
      refused({expires: date});
      expectRefusal(() => parseCapability(withProof(good, {created: date})), 'capability-shape');
    }
    accepted({expires: '2027-02-15T08:00:00.123+02:00'});
  });

  it('R23 refuses any but one closed Ed25519Signature2020 delegation proof', () => {
    const proof = good['proof'] as Record<string, unknown>;
    for (const other of [[proof], [proof, proof], [], null, 'x']) refused({proof: other});
    for (const name of Object.keys(proof))
      expectRefusal(() => parseCapability(withProof(good, {[name]: undefined})), 'capability-shape');
    for (const members of [
      {type: 'Ed25519Signature2018'},
      {proofPurpose: 'capabilityInvocation'},
      {proofPurpose: ['capabilityDelegation']},
      {challenge: 'x'},
      {verificationMethod: did(0)},
      {verificationMethod: {id: method(0)}},
      {verificationMethod: `${method(0)}${'x'.repeat(2048)}`},
      {proofValue: 'u1234'},
      {proofValue: `z${'5'.repeat(200)}`},
      {proofValue: 7},
      {capabilityChain: ROOT_ID},
      {capabilityChain: {0: ROOT_ID}},
    ]) {
      expectRefusal(() => parseCapability(withProof(good, members)), 'capability-shape');
    }
  });
});
