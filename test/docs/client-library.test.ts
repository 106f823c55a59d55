import {readFile} from 'node:fs/promises';
import {expect} from 'chai';
import * as api from '../../lib/client-api.ts';
import {ChannelKeyAdministration} from '../../lib/client/channel-key-administration.ts';
import {ChannelKms} from '../../lib/client/channel-kms.ts';

/** What the page uses of others: jose and Digital Bazaar. */
const FOREIGN = ['compactVerify', 'createLocalJWKSet', 'DataIntegrityProof'];

describe('docs/client-library.md', () => {
  it('names nothing that is not there', async () => {
    const page = await readFile(new URL('../../docs/client-library.md', import.meta.url), 'utf8');
    const exported: readonly string[] = Object.keys(api);
    const classes = [api.RemoteKms, api.LocalKms, api.RemoteKms.prototype, api.LocalKms.prototype];
    const methods = [...classes, ChannelKms.prototype, ChannelKeyAdministration.prototype].flatMap((holder) =>
      Object.getOwnPropertyNames(holder),
    );
    const called = Array.from(
      page.matchAll(/\bkms\.(\w+)\(|\b(?:RemoteKms|LocalKms)\.(\w+)\(/g),
      ([, a, b]) => a ?? b,
    );
    expect(called.length).to.be.greaterThan(5);
    expect(methods).to.include.members(called);
    const errors = Array.from(page.matchAll(/\b\w+Error\b/g), ([name]) => name);
    expect(errors.length).to.be.greaterThan(5);
    expect(exported).to.include.members(errors);
    const blocks = Array.from(page.matchAll(/```ts\n([^]*?)```/g), ([, code = '']) => code);
    const functions = blocks.flatMap((code) =>
      Array.from(code.matchAll(/(?<![.\w])(?:new )?([A-Za-z]\w+)\(/g), ([, name = '']) => name),
    );
    expect(functions.length).to.be.greaterThan(5);
    expect([...exported, ...FOREIGN]).to.include.members(functions);
  });
});
