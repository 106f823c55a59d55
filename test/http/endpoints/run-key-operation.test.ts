import {expect} from 'chai';
import {signRequest} from '../../../examples/signed-request.ts';
import {NotAllowedError} from '../../../lib/errors.ts';
import type {EndpointRequest} from '../../../lib/http/endpoint.ts';
import type {EndpointDependencies} from '../../../lib/http/endpoints/endpoint-dependencies.ts';
import {runKeyOperationEndpoint} from '../../../lib/http/endpoints/run-key-operation.ts';
import {ClientGoneError} from '../../../lib/http/read-body.ts';
import type {KeyCall} from '../../../lib/operations/key-service.ts';
import {rejection} from '../../key-modules/fixtures.ts';

const BASE = 'https://kms.example';
const KEYSTORE = `${BASE}/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz`;
const KEY = `${KEYSTORE}/keys/z1A183TU3LZPM9mAF6Hx6TGJb`;

/** One operation that takes long: what it asks meanwhile is asked of who authorised it, and of the connection. */
describe('a key operation that takes long', () => {
  const body = JSON.stringify({type: 'SignOperation', invocationTarget: KEY, verifyData: 'AAAA'});
  const {headers} = signRequest({
    method: 'POST',
    url: KEY,
    body,
    capability: `urn:zcap:root:${encodeURIComponent(KEYSTORE)}`,
    action: 'sign',
    seed: Buffer.alloc(32, 7),
    created: Math.floor(Date.now() / 1000),
  });
  let confirm: () => Promise<void>;
  let assertAwaited: () => void;

  beforeEach(() => {
    confirm = async () => undefined;
    assertAwaited = () => undefined;
  });

  const request: EndpointRequest = {
    id: 'one',
    head: {
      method: 'POST',
      target: new URL(KEY).pathname,
      rawHeaders: Object.entries(headers).flat(),
      remoteAddress: '127.0.0.1',
    },
    params: {keystore: KEYSTORE.split('/').at(-1)!, key: KEY.split('/').at(-1)!},
    log: undefined as never,
    readBody: async () => Buffer.from(body),
    time: (_stage, work) => work(),
    assertAwaited: () => assertAwaited(),
  };
  const endpoint = runKeyOperationEndpoint({
    baseUrl: BASE,
    authorizer: {
      authorizeInvocation: async () => ({
        invocation: {chainLength: 1},
        state: {keystore: {id: KEYSTORE}},
        confirm: () => confirm(),
      }),
    },
    keyService: {
      runOnKey: async (_descriptor: unknown, _operation: unknown, {goOn}: KeyCall) => {
        await goOn?.();
        return {signatureValue: 'done'};
      },
    },
  } as unknown as EndpointDependencies);

  it('goes on while who asks may, and waits', async () => {
    expect((await endpoint(request)).body).to.deep.equal({signatureValue: 'done'});
  });

  it('ends where who asks may not any more', async () => {
    confirm = async () => {
      throw new NotAllowedError('revoked', 'no');
    };
    expect(await rejection(endpoint(request))).to.be.instanceOf(NotAllowedError);
  });

  it('ends where nobody waits for the reply', async () => {
    assertAwaited = () => {
      throw new ClientGoneError('gone');
    };
    expect(await rejection(endpoint(request))).to.be.instanceOf(ClientGoneError);
  });
});
