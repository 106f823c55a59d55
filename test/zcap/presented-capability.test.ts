import {expect} from 'chai';
import {NotAllowedError} from '../../lib/errors.ts';
import type {Envelope} from '../../lib/zcap/envelope.ts';
import {PresentedCapabilities, type UnjudgedCapability} from '../../lib/zcap/presented-capability.ts';
import {encodeCapability} from '../support/signed-request.ts';
import {delegate, did, method, withProof, type Doc} from './unsigned-capability.ts';

const DAY_MS = 24 * 3600 * 1000;

/** The parts of an envelope that name what is invoked, and by whom. */
function envelope(header: string | Doc, {by = method(1), isUsual = true} = {}): Envelope {
  const capabilityInvocation =
    typeof header === 'string'
      ? `zcap id="${header}",action="sign"`
      : `zcap capability="${encodeCapability(JSON.stringify(header))}",action="sign"`;
  return {capabilityInvocation, isUsual, httpSignature: {keyId: by}} as unknown as Envelope;
}

describe('PresentedCapabilities', () => {
  let capabilities: PresentedCapabilities;

  beforeEach(() => (capabilities = new PresentedCapabilities({maxDelegationTtlMs: 90 * DAY_MS})));

  const recall = (request: Envelope): unknown => capabilities.recall(capabilities.nameOf(request));

  function judge(request: Envelope): UnjudgedCapability {
    const read = capabilities.read(request);
    capabilities.remember(capabilities.nameOf(request), read);
    return read;
  }

  it('recalls what was judged, without the document', () => {
    const request = envelope(delegate(1));
    expect(recall(request)).to.equal(undefined);
    const {document, ...kept} = judge(request);
    expect(document).not.to.equal(undefined);
    for (let time = 0; time < 3; time++) expect(recall(request)).to.deep.equal(kept);
  });

  it('reads roots each time, of usual requests only, and keeps none', () => {
    const id = 'urn:zcap:root:x';
    for (const header of [`zcap id="${id}",action="sign"`, `zcap action="sign",id="${id}"`]) {
      const request = {...envelope(id), capabilityInvocation: header};
      expect(capabilities.readRoot(request)).to.deep.include({id, action: 'sign', chain: undefined});
      expect(capabilities.readRoot({...request, isUsual: false})).to.equal(undefined);
      judge(request);
      expect(recall(request)).to.equal(undefined);
    }
    const {capabilityInvocation} = envelope(delegate(1));
    const [, encoded = ''] = /capability="([^"]+)"/.exec(capabilityInvocation) ?? [];
    for (const header of [capabilityInvocation, `zcap action="sign",capability="${encoded}"`]) {
      const request = {...envelope(id), capabilityInvocation: header};
      expect(capabilities.readRoot(request)).to.equal(undefined);
      expect(capabilities.read(request).chain).not.to.equal(undefined);
    }
  });

  it('R13 refuses a root beside a capability, twice, or without an action', () => {
    for (const header of [
      'zcap id="urn:zcap:root:x"',
      'zcap id="",action="sign"',
      'zcap id="urn:zcap:root:x",id="urn:zcap:root:y",action="sign"',
      'zcap id="urn:zcap:root:x",capability="AAAA",action="sign"',
      'zcap  capability="AAAA",action="sign"',
      '',
    ]) {
      const request = {...envelope('urn:zcap:root:x'), capabilityInvocation: header};
      expect(() => capabilities.readRoot(request), header).to.throw(NotAllowedError);
    }
  });

  it('gives the same list of revocations each time', () => {
    const request = envelope(delegate(1));
    const {chain} = judge(request);
    expect(chain?.revocations).to.deep.equal([{delegator: did(0), capabilityId: 'urn:zcap:1'}]);
    expect((recall(request) as UnjudgedCapability).chain?.revocations).to.equal(chain?.revocations);
  });

  it('knows nothing by another verification method, another byte of the header, or an unusual signature', () => {
    const capability = delegate(1);
    judge(envelope(capability));
    expect(recall(envelope(capability))).not.to.equal(undefined);
    expect(recall(envelope(capability, {by: method(2)}))).to.equal(undefined);
    expect(recall(envelope({...capability, id: 'urn:zcap:other'}))).to.equal(undefined);
    const unusual = envelope(capability, {isUsual: false});
    judge(unusual);
    expect(recall(unusual)).to.equal(undefined);
  });

  it('keeps no chain with a delegator whose document can change', () => {
    const request = envelope(withProof(delegate(1), {verificationMethod: 'did:web:issuer.example#key'}));
    judge(request);
    expect(recall(request)).to.equal(undefined);
  });

  it('does not let what is used once push out what is used again, and is bounded', () => {
    const capability = (id: string): Envelope => envelope(delegate(1, {id: `urn:zcap:${id}`}));
    const [often, once] = [capability('often'), capability('once')];
    judge(often);
    judge(once);
    expect(recall(often)).not.to.equal(undefined);
    for (let n = 0; n < 5000; n++) judge(capability(`stranger:${n}`));
    expect(recall(often)).not.to.equal(undefined);
    expect(recall(once)).to.equal(undefined);
  });

  it('R15 weighs a capability as long as it is inflated, not as its header', () => {
    const long = Array.from({length: 9}, (_, n) => `did:x:${String(n).repeat(2000)}`);
    const remembered = (count: number, controllers: readonly string[]): number => {
      const requests = Array.from({length: count}, (_, n) =>
        envelope(delegate(1, {id: `urn:zcap:${n}`, controller: [did(1), ...controllers]})),
      );
      expect(requests[0]?.capabilityInvocation.length).to.be.lessThan(1000);
      for (const request of requests) judge(request);
      return requests.filter((request) => recall(request) !== undefined).length;
    };
    expect(remembered(500, [])).to.equal(500);
    expect(remembered(500, long)).to.be.lessThan(120);
  });
});
