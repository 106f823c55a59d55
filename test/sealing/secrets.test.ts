import {expect} from 'chai';
import {RootOfTrustError} from '../../lib/sealing/root-of-trust-error.ts';
import {NO_SECRETS, OpeningSecrets, withSecret} from '../../lib/sealing/secrets.ts';
import {expectRejection} from './expect-rejection.ts';

const ZEROS = Buffer.alloc(6);

describe('OpeningSecrets', () => {
  it('reads each place once, gives copies, and overwrites what it keeps', async () => {
    const secrets = new OpeningSecrets(NO_SECRETS);
    const original = Buffer.from('secret');
    let reads = 0;
    const read = async (): Promise<Uint8Array> => {
      reads++;
      return original;
    };
    (await secrets.once('a', read)).fill(0);
    expect(Buffer.from(await secrets.once('a', read)).toString()).to.equal('secret');
    expect(reads).to.equal(1);
    await secrets.once('b', async () => Buffer.from('other'));
    expect(Buffer.from(await secrets.once('a', read)).toString()).to.equal('secret');
    secrets.forget();
    expect(original.equals(ZEROS)).to.be.true;
    await secrets.once('a', read);
    expect(reads).to.equal(2);
  });

  it('asks again where it could not be read', async () => {
    const secrets = new OpeningSecrets(NO_SECRETS);
    const failure = new TypeError('not now');
    await expectRejection(
      secrets.once('a', () => Promise.reject(failure)),
      TypeError,
    );
    expect(await secrets.once('a', async () => Uint8Array.of(1))).to.deep.equal(Uint8Array.of(1));
  });

  it('has nothing to give without a source', async () => {
    expect(NO_SECRETS.takeVariable('PATH')).to.equal(undefined);
    expect((await expectRejection(NO_SECRETS.prompt('?'), RootOfTrustError)).reason).to.equal('unreadable');
  });
});

describe('withSecret', () => {
  it('overwrites the secret after use, whether that succeeds or throws', async () => {
    const secret = Buffer.from('secret');
    expect(await withSecret(secret, (bytes) => Buffer.from(bytes).toString())).to.equal('secret');
    expect(secret.equals(ZEROS)).to.be.true;
    const other = Buffer.from('secret');
    await expectRejection(
      withSecret(other, () => Promise.reject(new TypeError('no'))),
      TypeError,
    );
    expect(other.equals(ZEROS)).to.be.true;
  });
});
