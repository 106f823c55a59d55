import {expect} from 'chai';
import {signRequest as signFromNothing} from '../../../examples/signed-request.ts';
import {signRequest} from '../../../lib/client/remote/sign-request.ts';
import {controller} from '../../support/did-key.ts';

const SEED = Buffer.alloc(32, 7);
const {signer} = controller(SEED);
const REQUEST = {
  method: 'POST',
  url: 'https://kms.example:8443/kms/keystores/z1a/keys?limit=1',
  body: '{"a":"ü"}',
  capability: 'urn:zcap:root:https%3A%2F%2Fkms.example%3A8443%2Fkms%2Fkeystores%2Fz1a',
  action: 'generateKey',
  created: 1_790_000_000,
} as const;

/** Of an `Authorization` header what does not depend on when it expires. */
const withoutTimes = (header: string): string =>
  header.replace(/expires="\d+"/, '').replace(/signature="[^"]*"/, '');

describe('signed requests of the client library', () => {
  for (const request of [REQUEST, {...REQUEST, method: 'GET', body: undefined} as const]) {
    it(`are those that the guide for client authors makes: ${request.method}`, async () => {
      const {authorization = '', ...headers} = await signRequest(request, signer);
      const {body, ...rest} = request;
      const guide = signFromNothing({...rest, ...(body !== undefined && {body}), seed: SEED});
      const lowerCase = Object.fromEntries(
        Object.entries(guide.headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const {authorization: expected = '', ...expectedHeaders} = lowerCase;
      expect(headers).to.deep.equal(expectedHeaders);
      expect(withoutTimes(authorization)).to.equal(withoutTimes(expected));
    });
  }

  it('are never the same within a second, and live for 5 to 15 minutes', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 600; i++) {
      const {authorization = ''} = await signRequest(REQUEST, signer);
      const expires = Number(/expires="(\d+)"/.exec(authorization)?.[1]);
      expect(expires - REQUEST.created).to.be.within(300, 899);
      seen.add(authorization);
    }
    expect(seen.size).to.equal(600);
  });
});
