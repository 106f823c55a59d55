import type {KeystoreConfigDocument} from '@digitalbazaar/webkms-client';
import {expect} from 'chai';
import {controller, type Controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {expectForbidden} from './refusal.ts';
import {Scene} from './scene.ts';

interface Page {
  readonly results: readonly unknown[];
  readonly cursor?: string;
}

describe('official ezcap client: listings', () => {
  const [owner, stranger] = [controller('listings: owner'), controller('listings: stranger')];
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  const read = async (url: string, root: string, by: Controller = owner): Promise<Page> => {
    const {data} = await scene.zcap(by).read({url, capability: rootCapabilityId(root)});
    return data as Page;
  };

  async function readAll(url: string, root: string): Promise<{pages: number; results: readonly unknown[]}> {
    let page = await read(url, root);
    const results = [...page.results];
    let pages = 1;
    for (; page.cursor !== undefined; pages++) {
      page = await read(`${url}&cursor=${encodeURIComponent(page.cursor)}`, root);
      results.push(...page.results);
    }
    return {pages, results};
  }

  it("lists a controller's keystores in order of creation, whole or in pages", async () => {
    const created: KeystoreConfigDocument[] = [];
    for (let i = 0; i < 5; i++) created.push(await scene.createKeystore(owner, {meterId: `urn:meter:${i}`}));
    const url = `${scene.keystoresUrl}?controller=${encodeURIComponent(owner.did)}`;
    expect(await read(url, scene.keystoresUrl)).to.deep.equal({results: created});
    expect(await readAll(`${url}&limit=2`, scene.keystoresUrl)).to.deep.equal({pages: 3, results: created});
  });

  it('R24 lists them for their controller only', async () => {
    const url = `${scene.keystoresUrl}?controller=${encodeURIComponent(owner.did)}`;
    await expectForbidden(read(url, scene.keystoresUrl, stranger), 'capability controller does not match');
    const own = `${scene.keystoresUrl}?controller=${encodeURIComponent(stranger.did)}`;
    expect(await read(own, scene.keystoresUrl, stranger)).to.deep.equal({results: []});
  });

  it("lists a keystore's keys in order of creation, whole or in pages", async () => {
    const {id} = await scene.createKeystore(owner);
    const descriptions: unknown[] = [];
    for (const type of ['Ed25519VerificationKey2020', 'Sha256HmacKey2019', 'urn:webkms:multikey:P-256']) {
      const {keyDescription} = await scene.kms(id).generateKey({type, invocationSigner: owner.signer});
      descriptions.push(keyDescription);
    }
    expect(await read(`${id}/keys`, id)).to.deep.equal({results: descriptions});
    expect(await readAll(`${id}/keys?limit=1`, id)).to.deep.equal({pages: 3, results: descriptions});
    await expectForbidden(read(`${id}/keys`, id, stranger), 'capability controller does not match');
  });
});
