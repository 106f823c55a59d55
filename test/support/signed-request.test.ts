import {gunzipSync} from 'node:zlib';
import {signCapabilityInvocation} from '@digitalbazaar/http-signature-zcap-invoke';
import {expect} from 'chai';
import {delegate} from './delegate.ts';
import {controller} from './did-key.ts';
import {
  draftRequest,
  headerOf,
  rootCapabilityId,
  signDraft,
  signedRequest,
  type WireRequest,
} from './signed-request.ts';

const KEYSTORE = 'https://localhost:9443/kms/keystores/z1AAAAAAAAAAAAAAAAAAAAAAA';
const KEY = `${KEYSTORE}/keys/z1BBBBBBBBBBBBBBBBBBBBBBB`;
const alice = controller('alice');

function headersOf(request: WireRequest): Record<string, string> {
  return Object.fromEntries(request.headers);
}

describe('signedRequest', () => {
  it('writes what the official client writes: root capability, with a body', async () => {
    const json = {type: 'SignOperation', invocationTarget: KEY, verifyData: 'AAAA'};
    const created = Math.floor(Date.now() / 1000);
    const official = await signCapabilityInvocation({
      url: KEY,
      method: 'post',
      headers: {accept: 'application/ld+json, application/json'},
      json,
      capability: rootCapabilityId(KEYSTORE),
      capabilityAction: 'sign',
      invocationSigner: alice.signer,
      created,
    });
    const overrides = {created: String(created), expires: String(created + 600)};
    const request = signedRequest({url: KEY, json, action: 'sign', signer: alice, overrides});
    const contentLength = headerOf(request, 'content-length')!;
    expect(headersOf(request)).to.deep.equal({...official, 'content-length': contentLength});
    expect(request.body?.toString()).to.equal(JSON.stringify(json));
  });

  it('writes what the official client writes: delegated capability, without a body', async () => {
    const bob = controller('bob');
    const capability = await delegate({
      parent: rootCapabilityId(KEYSTORE),
      delegator: alice,
      controller: bob,
    });
    const created = Math.floor(Date.now() / 1000);
    const official = await signCapabilityInvocation({
      url: KEYSTORE,
      method: 'get',
      headers: {accept: 'application/ld+json, application/json'},
      capability,
      capabilityAction: 'read',
      invocationSigner: bob.signer,
      created,
    });
    const request = signedRequest({
      url: KEYSTORE,
      capability,
      action: 'read',
      signer: bob,
      // The gzip bytes of two implementations differ.
      overrides: {
        created: String(created),
        expires: String(created + 600),
        capabilityInvocation: official['capability-invocation'],
      },
    });
    expect(headersOf(request)).to.deep.equal(official);
    const own = headerOf(
      signedRequest({url: KEYSTORE, capability, action: 'read', signer: bob}),
      'capability-invocation',
    );
    const [, encoded = ''] = /^zcap capability="([^"]+)",action="read"$/.exec(own ?? '') ?? [];
    expect(JSON.parse(gunzipSync(Buffer.from(encoded, 'base64url')).toString())).to.deep.equal(capability);
  });

  it('changes what is asked to be changed, and signs that', () => {
    const draft = draftRequest({url: KEYSTORE, action: 'read', signer: alice});
    const request = signDraft({
      ...draft,
      expires: draft.created,
      signedHeaders: ['(created)', '(expires)', 'host'],
    });
    const [, signature = ''] = /signature="([^"]+)"/.exec(headerOf(request, 'authorization') ?? '') ?? [];
    const text = `(created): ${draft.created}\n(expires): ${draft.created}\nhost: localhost:9443`;
    expect(signature).to.equal(alice.sign(Buffer.from(text)).toString('base64'));
  });
});
