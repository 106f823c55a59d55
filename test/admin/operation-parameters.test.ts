import {expect} from 'chai';
import fc from 'fast-check';
import {AdminError} from '../../lib/admin/admin-operation.ts';
import {ADMIN_OPERATIONS} from '../../lib/admin/operation-table.ts';
import {optionalFlag, optionalText, readParameters, requiredText} from '../../lib/admin/parameters.ts';

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AdminError && error.reason === 'invalid') return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}

const parse = (name: string, parameters: unknown): unknown => ADMIN_OPERATIONS.get(name)?.parse(parameters);

/** What each operation takes. */
const ACCEPTED: Readonly<Record<string, readonly object[]>> = {
  status: [{}],
  seal: [{}],
  unseal: [{}, {share: 'webkms-share-1-x'}, {passphrase: 'p'}, {reset: true}],
  init: [{}],
  'root.list': [{}],
  'root.add': [
    {uri: 'file:/x'},
    {uri: 'shamir:2-of-3'},
    {uri: 'env:ROOT'},
    {uri: 'passphrase:file=/x'},
    {uri: 'passphrase:prompt', passphrase: 'p'},
  ],
  'root.retire': [{id: 'rw_x'}],
  rotate: [
    {all: true, rewrap: true, prune: true},
    {keystore: 'https://x', all: false, rewrap: false, prune: false},
  ],
  rewrap: [{}, {keystore: 'https://x'}],
  prune: [{}, {keystore: 'https://x'}],
  jobs: [{}],
  check: [{}, {anchor: '/x'}],
  anchor: [{}],
  'hsm.reconcile': [{}],
  attest: [{}, {nonce: 'x'}],
  'ipc.add': [
    {
      name: 'app',
      did: 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH',
      serverKey: 'A'.repeat(43),
      keystoreId: 'https://x/kms/keystores/z1',
      keys: ['z1A'],
      actions: ['sign'],
      buildKey: 'did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH',
    },
  ],
  'ipc.list': [{}],
  'ipc.revoke': [{name: 'app', build: 'urn:uuid:x'}],
  'ipc.remove': [{name: 'app'}],
  backup: [{path: '/x'}],
};

describe('parameters of admin operations', () => {
  it('are listed here for each', () => {
    expect([...ADMIN_OPERATIONS.keys()]).to.have.members(Object.keys(ACCEPTED));
  });

  for (const [name, accepted] of Object.entries(ACCEPTED)) {
    it(`of ${name}: what it takes, and nothing else`, () => {
      for (const parameters of accepted) {
        parse(name, parameters);
        expect(refusal(() => parse(name, {...parameters, other: 1}))).to.match(/^The operation takes /);
        for (const member of Object.keys(parameters)) {
          for (const value of [0, null, '', [], {}, 'x'.repeat(5000)]) {
            const message = refusal(() => parse(name, {...parameters, [member]: value}));
            expect(message).not.to.contain('xxx');
          }
        }
      }
      for (const value of [undefined, null, [], 'x', 1]) {
        expect(refusal(() => parse(name, value))).to.equal('The parameters must be an object.');
      }
    });
  }

  it('of root.add and backup have absolute paths', () => {
    for (const uri of ['file:root.key', 'file:./x', 'passphrase:file=x', 'file:']) {
      expect(refusal(() => parse('root.add', {uri}))).to.contain('must be absolute');
    }
    expect(refusal(() => parse('root.add', {uri: 'passphrase:prompt'}))).to.contain('missing');
    expect(refusal(() => parse('root.add', {uri: 'passphrase:fd=0'}))).to.contain('at the start only');
    expect(refusal(() => parse('backup', {path: 'x'}))).to.contain('absolute');
    expect(refusal(() => parse('check', {anchor: 'x'}))).to.contain('absolute');
  });

  it('of unseal are a share or a passphrase', () => {
    expect(refusal(() => parse('unseal', {share: 'a', passphrase: 'b'}))).to.contain('not both');
    expect(refusal(() => parse('unseal', {share: 'a', reset: true}))).to.contain('neither');
    expect(parse('unseal', {share: 'a', reset: false})).to.deep.equal({share: 'a'});
  });

  it('refuse anything that JSON can say without any other error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ADMIN_OPERATIONS.keys()), fc.jsonValue(), (name, value) => {
        try {
          parse(name, value);
        } catch (error) {
          expect(error).to.be.instanceOf(AdminError).and.have.property('reason', 'invalid');
        }
      }),
    );
  });

  it('are own members', () => {
    const inherited = Object.create({share: 'x', flag: true}) as Record<string, unknown>;
    expect(optionalText(readParameters(inherited, []), 'share')).to.equal(undefined);
    expect(optionalFlag(inherited, 'flag')).to.equal(false);
    expect(refusal(() => requiredText(inherited, 'share'))).to.equal('share is missing.');
    expect(requiredText({share: 'x'}, 'share')).to.equal('x');
  });
});
