import {expect} from 'chai';
import {assertAttenuation} from '../../lib/zcap/attenuation.ts';
import {parseCapabilityChain} from '../../lib/zcap/capability-chain.ts';
import {assertChainTime} from '../../lib/zcap/chain-time.ts';
import {spellActionsAlike} from '../../lib/zcap/same-action-spelling.ts';
import {expectRefusal} from './refusal.ts';
import {
  chainOf,
  CREATED,
  delegate,
  did,
  EXPIRES,
  KEYSTORE_URL,
  method,
  ROOT_ID,
  withProof,
  type Doc,
} from './unsigned-capability.ts';

const chainIds = (capability: Doc): unknown[] =>
  (capability['proof'] as {capabilityChain: unknown[]}).capabilityChain;

describe('parseCapabilityChain', () => {
  const structure = (capability: unknown): void =>
    expectRefusal(() => parseCapabilityChain(capability), 'chain-structure');

  it('unfolds a chain from the root to the tail', () => {
    const chain = parseCapabilityChain(chainOf(3));
    expect(chain.rootId).to.equal(ROOT_ID);
    expect(chain.links.map(({id}) => id)).to.deep.equal(['urn:zcap:1', 'urn:zcap:2', 'urn:zcap:3']);
    expect(chain.tail).to.equal(chain.links[2]);
    expect(chain.length).to.equal(4);
    expect(chain.tail.proof).to.have.all.keys('created', 'verificationMethod', 'delegator');
  });

  it('R24 refuses an embedded root, and a chain that does not begin at one', () => {
    const root = {
      '@context': 'https://w3id.org/zcap/v1',
      id: ROOT_ID,
      controller: did(0),
      invocationTarget: KEYSTORE_URL,
    };
    structure(withProof(delegate(1), {capabilityChain: [root]}));
    structure({...withProof(delegate(1), {capabilityChain: ['urn:zcap:0']}), parentCapability: 'urn:zcap:0'});
  });

  it('R25 refuses a chain that does not end in the parent, or embeds it as text, or others as objects', () => {
    const good = chainOf(3);
    const [root, first, second] = chainIds(good);
    for (const capabilityChain of [
      [],
      [root, first],
      [root, first, 'urn:zcap:2'],
      [root, second, first],
      [root, first, {id: 'urn:zcap:2'}, 'urn:zcap:2'],
      [root, first, null],
      [root, 7, second],
      [root, chainIds(second as Doc)[1], second],
    ]) {
      structure(withProof(good, {capabilityChain}));
    }
    structure({...good, parentCapability: 'urn:zcap:1'});
    expectRefusal(
      () => parseCapabilityChain(withProof(good, {capabilityChain: [root, first, {id: 'urn:zcap:2'}]})),
      'capability-shape',
    );
  });

  it('R26 refuses more than ten capabilities, root included', () => {
    expect(parseCapabilityChain(chainOf(9)).length).to.equal(10);
    structure(chainOf(10));
  });

  it("R27 refuses an embedded parent whose chain is not the beginning of its child's, in order", () => {
    const good = chainOf(4);
    const [root, first, second, third] = chainIds(good);
    structure(withProof(good, {capabilityChain: [root, second, first, third]}));
    structure(withProof(good, {capabilityChain: [root, first, 'urn:zcap:other', third]}));
    structure(withProof(good, {capabilityChain: [root, second, third]}));
    structure(withProof(good, {capabilityChain: [root, first, second, 'urn:zcap:extra', third]}));
  });

  it('R28 refuses a cycle', () => {
    structure(chainOf(2, () => ({id: 'urn:zcap:same'})));
    structure(chainOf(3, (n) => (n === 3 ? {id: 'urn:zcap:1'} : {})));
  });
});

describe('assertAttenuation', () => {
  const maxDelegationTtlMs = 90 * 24 * 3600 * 1000;
  const check = (capability: Doc): void =>
    assertAttenuation(parseCapabilityChain(capability), {maxDelegationTtlMs});
  const last = (members: Doc, parentMembers: Doc = {}): Doc =>
    chainOf(2, (n) => (n === 2 ? members : parentMembers));

  it('R29 refuses a link that another than its parent’s controller delegated', () => {
    check(chainOf(3));
    expectRefusal(() => check(withProof(chainOf(2), {verificationMethod: method(0)})), 'delegator');
    check(last({}, {controller: method(1)}));
    expectRefusal(() => check(last({}, {controller: `${did(1)}#other`})), 'delegator');
  });

  it('R30 refuses actions that grow, and takes one action and a list of one for the same', () => {
    const refused = (parent: Doc, child: Doc): void =>
      expectRefusal(() => check(last(child, parent)), 'attenuation');
    refused({allowedAction: 'sign'}, {});
    refused({allowedAction: ['sign']}, {allowedAction: ['sign', 'verify']});
    refused({allowedAction: 'sign'}, {allowedAction: 'verify'});
    check(last({allowedAction: ['sign']}, {allowedAction: 'sign'}));
    check(last({allowedAction: 'sign'}, {allowedAction: ['verify', 'sign']}));
    check(last({allowedAction: ['sign']}, {}));
  });

  it('R31 refuses targets that do not lie within', () => {
    const refused = (parent: string, child: string): void =>
      expectRefusal(() => check(last({invocationTarget: child}, {invocationTarget: parent})), 'attenuation');
    refused(KEYSTORE_URL, `${KEYSTORE_URL}evil`);
    refused(KEYSTORE_URL, KEYSTORE_URL.slice(0, -1));
    refused(`${KEYSTORE_URL}/keys/a`, `${KEYSTORE_URL}/keys/b`);
    refused(`${KEYSTORE_URL}?a=1`, `${KEYSTORE_URL}?a=1/x`);
    refused(`${KEYSTORE_URL}?a=1`, `${KEYSTORE_URL}?a=12`);
    for (const child of [KEYSTORE_URL, `${KEYSTORE_URL}/keys/a`, `${KEYSTORE_URL}?a=1`]) {
      check(last({invocationTarget: child}, {invocationTarget: KEYSTORE_URL}));
    }
    check(last({invocationTarget: `${KEYSTORE_URL}?a=1&b=2`}, {invocationTarget: `${KEYSTORE_URL}?a=1`}));
  });

  it('R33 refuses a child that expires after, or was created before, its parent', () => {
    expectRefusal(() => check(last({expires: '2027-02-15T08:00:01Z'})), 'attenuation');
    expectRefusal(() => check(withProof(chainOf(2), {created: '2027-01-15T07:59:59Z'})), 'attenuation');
    check(last({expires: '2027-02-15T07:59:59Z'}));
    check(withProof(chainOf(2), {created: '2027-01-15T08:00:01Z'}));
  });

  it('R34 refuses a capability that expires before it was created', () => {
    expectRefusal(() => check(delegate(1, {expires: '2027-01-15T07:59:59Z'})), 'expiry');
    check(delegate(1, {expires: CREATED}));
  });

  it('R35 refuses a life of more than 90 days', () => {
    check(delegate(1, {expires: '2027-04-15T08:00:00Z'}));
    expectRefusal(() => check(delegate(1, {expires: '2027-04-15T08:00:01Z'})), 'delegation-ttl');
    expectRefusal(() => check(delegate(1, {expires: '3027-04-15T08:00:00Z'})), 'delegation-ttl');
  });
});

describe('assertChainTime', () => {
  const seconds = (text: string): number => Date.parse(text) / 1000;
  const at = (now: number, invoked = now, capability = chainOf(2)): void =>
    assertChainTime(parseCapabilityChain(capability), {now, invoked});

  it('R34 refuses any link that has expired, beyond the skew of clocks', () => {
    at(seconds(EXPIRES) + 299);
    expectRefusal(() => at(seconds(EXPIRES) + 300), 'expired');
    const shortParent = chainOf(2, (n) => (n === 1 ? {expires: '2027-02-01T08:00:00Z'} : {}));
    expectRefusal(() => at(seconds('2027-02-02T08:00:00Z'), undefined, shortParent), 'expired');
  });

  it('refuses what was delegated in the future, or after it was invoked, beyond the skew of clocks', () => {
    at(seconds(CREATED) - 299);
    expectRefusal(() => at(seconds(CREATED) - 300), 'not-yet-valid');
    at(seconds(CREATED), seconds(CREATED) - 299);
    expectRefusal(() => at(seconds(CREATED), seconds(CREATED) - 300), 'not-yet-valid');
  });
});

describe('spellActionsAlike', () => {
  it('R30 writes one action as a list of one along the chain, and gives the originals back', () => {
    const capability = chainOf(3, (n) => (n === 2 ? {} : {allowedAction: 'sign'}));
    const {document, originals} = spellActionsAlike(capability);
    const parent = chainIds(document).at(-1) as Doc;
    const grandparent = chainIds(parent).at(-1) as Doc;
    expect([document['allowedAction'], parent['allowedAction'], grandparent['allowedAction']]).to.deep.equal([
      ['sign'],
      undefined,
      ['sign'],
    ]);
    expect([...originals.keys()]).to.deep.equal(['urn:zcap:3', 'urn:zcap:2', 'urn:zcap:1']);
    expect(originals.get('urn:zcap:3')).to.equal(capability);
    expect(originals.get('urn:zcap:2')).to.equal(chainIds(capability).at(-1));
  });
});
