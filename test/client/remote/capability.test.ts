import {expect} from 'chai';
import {type Capability, chooseCapability} from '../../../lib/client/remote/capability.ts';
import {NotAllowedError} from '../../../lib/errors.ts';

const keystoreId = 'https://kms.example/kms/keystores/z1';
const key = `${keystoreId}/keys/z2`;
const now = Date.parse('2027-01-01T00:00:00Z');
const [before, after] = ['2026-12-31T23:59:59Z', '2027-01-01T00:00:01Z'];

function capability(id: string, members: object = {}): Capability {
  return {id, invocationTarget: key, allowedAction: ['sign'], expires: after, ...members};
}

function choose(
  capabilities: readonly Capability[],
  {url = key, actions = ['sign'], orAny = false} = {},
): string {
  const chosen = chooseCapability(capabilities, {keystoreId, url, actions, orAny, now});
  return typeof chosen === 'string' ? chosen : chosen.id;
}

describe('chooseCapability', () => {
  it('invokes the root of the keystore where nothing was delegated', () => {
    expect(choose([])).to.equal(`urn:zcap:root:${encodeURIComponent(keystoreId)}`);
  });

  it('of those that fit, takes the narrowest', () => {
    const wide = capability('wide', {invocationTarget: keystoreId, allowedAction: undefined});
    const narrow = capability('narrow');
    expect([choose([wide, narrow]), choose([narrow, wide])]).to.deep.equal(['narrow', 'narrow']);
    expect(choose([wide, narrow], {actions: ['sign', 'read']})).to.equal('wide');
    expect(choose([wide, narrow], {url: `${key}0`})).to.equal('wide');
    expect(() => choose([narrow], {url: `${key}0`})).to.throw(NotAllowedError);
    expect(() => choose([narrow], {actions: ['verify']})).to.throw(NotAllowedError);
  });

  it('takes another one, where that will do', () => {
    const signs = capability('signs');
    const reads = capability('reads', {invocationTarget: keystoreId, allowedAction: 'read'});
    const look = {actions: ['read'], orAny: true};
    expect([choose([signs, reads], look), choose([reads, signs], look)]).to.deep.equal(['reads', 'reads']);
    expect(choose([signs], look)).to.equal('signs');
    expect(choose([signs, {...reads, expires: before}], look)).to.equal('signs');
    expect(() => choose([signs], {...look, url: `${key}0`})).to.throw(NotAllowedError);
  });

  it('of two for the same, takes the last, which renews the first', () => {
    expect(choose([capability('old'), capability('new')])).to.equal('new');
  });

  it('takes one that has expired only where there is no other: whether it has is for the server to say', () => {
    const expired = capability('expired', {expires: before});
    const wide = capability('wide', {invocationTarget: keystoreId});
    expect(choose([capability('good'), expired])).to.equal('good');
    expect(choose([expired, wide])).to.equal('wide');
    expect(choose([expired])).to.equal('expired');
    expect(choose([capability('good'), capability('odd', {expires: 'tomorrow'})])).to.equal('odd');
  });
});
