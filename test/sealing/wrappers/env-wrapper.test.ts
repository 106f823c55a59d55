import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {EnvWrapper} from '../../../lib/sealing/wrappers/env-wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FakeSecrets} from '../secrets-fixture.ts';
import {describeRootWrapper} from '../wrapper.suite.ts';

const LINE = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER = '_-ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const URI = 'env:WEBKMS_ROOT_KEY';

function openWith(value: string | undefined, uri = URI): Promise<EnvWrapper> {
  const secrets = new FakeSecrets();
  if (value !== undefined) secrets.variables.set(uri.slice('env:'.length), value);
  return EnvWrapper.open(uri, secrets.access());
}

describeRootWrapper({
  name: 'env:',
  create: async () => {
    const [wrapper, foreign] = [await openWith(LINE), await openWith(OTHER)];
    return {wrapper, foreign, close: () => wrapper.close().then(() => foreign.close())};
  },
});

describe('EnvWrapper', () => {
  it('opens the variable, takes it away, and has nothing to check later', async () => {
    const secrets = new FakeSecrets();
    secrets.variables.set('WEBKMS_ROOT_KEY', LINE);
    const wrapper = await EnvWrapper.open(URI, secrets.access());
    expect(secrets.variables.size).to.equal(0);
    expect(wrapper.uri).to.equal(URI);
    await wrapper.check();
    expect(`${String(wrapper)}${JSON.stringify(wrapper)}`).to.not.include(LINE);
  });

  it('refuses what is not a root key, without repeating it', async () => {
    for (const value of [LINE.slice(1), `${LINE}A`, `${LINE}=`, ` ${LINE}`, 'correct horse battery staple']) {
      const error = await expectRejection(openWith(value), RootOfTrustError);
      expect(error.reason).to.equal('malformed');
      expect(error.message).to.include('environment variable WEBKMS_ROOT_KEY').and.not.include(value.trim());
    }
    for (const value of [LINE, `${LINE}\n`]) expect((await openWith(value)).uri).to.equal(URI);
  });

  it('refuses a variable that is not set', async () => {
    const error = await expectRejection(openWith(undefined), RootOfTrustError);
    expect(error).to.include({
      reason: 'missing',
      message: 'The environment variable WEBKMS_ROOT_KEY is not set.',
    });
    await openWith(LINE);
  });

  it('is never made, and says how to make one', async () => {
    const error = await expectRejection(EnvWrapper.create(URI), RootOfTrustError);
    expect(error.reason).to.equal('missing');
    expect(error.message).to.include('Make one').and.include('crypto.randomBytes(32)');
  });

  it('refuses names that are none, and those of settings', async () => {
    for (const uri of [
      'env:',
      'env:1A',
      'env:A B',
      'env:A=B',
      'env:A\n',
      'env:WEBKMS_LISTEN',
      `env:${'A'.repeat(129)}`,
      'file:/x',
    ]) {
      expect(() => EnvWrapper.normalize(uri))
        .to.throw(RootOfTrustError, 'must be env:<NAME>')
        .with.property('reason', 'bad-setting');
    }
    for (const uri of [URI, 'env:ROOT_KEY', 'env:_k1', `env:${'A'.repeat(128)}`]) {
      expect(EnvWrapper.normalize(uri)).to.equal(uri);
    }
  });
});
