import {chmod, rm, utimes, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {PassphraseWrapper} from '../../../lib/sealing/wrappers/passphrase-wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {FakeSecrets} from '../secrets-fixture.ts';
import {useTempDir} from '../temp-dir.ts';
import {describeRootWrapper} from '../wrapper.suite.ts';

const PASSPHRASE = 'correct horse battery staple';
const PROMPT = 'passphrase:prompt';

function answering(...answers: string[]): FakeSecrets {
  const secrets = new FakeSecrets();
  secrets.answers.push(...answers);
  return secrets;
}

const create = (passphrase = PASSPHRASE): Promise<PassphraseWrapper> =>
  PassphraseWrapper.create(PROMPT, answering(passphrase, passphrase).access());
const open = (parameters?: string, passphrase = PASSPHRASE): Promise<PassphraseWrapper> =>
  PassphraseWrapper.open(PROMPT, answering(passphrase).access(parameters));

describeRootWrapper({
  name: 'passphrase:',
  create: async () => {
    // The same passphrase: the salt alone makes another key.
    const [wrapper, foreign] = [await create(), await create()];
    return {wrapper, foreign, close: () => wrapper.close().then(() => foreign.close())};
  },
});

describe('PassphraseWrapper', () => {
  const path = useTempDir();

  it('opens again by the passphrase and its parameters, and shows neither key nor passphrase', async () => {
    const made = await create();
    const blob = await made.seal(Buffer.from('a secret'), Buffer.from('place'));
    const opened = await open(made.parameters);
    expect(opened.keyId).to.equal(made.keyId);
    expect(opened.parameters).to.equal(made.parameters);
    expect(Buffer.from(await opened.open(blob, Buffer.from('place'))).toString()).to.equal('a secret');
    expect(`${String(made)}${JSON.stringify(made)}${made.parameters}${made.uri}`).to.not.include('correct');
    await opened.check();
  });

  it('is another key by another passphrase, or by any other parameter', async () => {
    const {keyId, parameters} = await create();
    const salt = JSON.stringify({...(JSON.parse(parameters) as object), salt: 'A'.repeat(22)});
    const passes = parameters.replace('"passes":3', '"passes":4');
    const keyIds = await Promise.all(
      [open(parameters, `${PASSPHRASE}s`), open(salt), open(passes)].map(
        async (opened) => (await opened).keyId,
      ),
    );
    expect(new Set([keyId, ...keyIds]).size).to.equal(4);
  });

  it('takes a passphrase however its letters were composed', async () => {
    const made = await create('caf\u00e9 au lait, twice');
    expect((await open(made.parameters, 'cafe\u0301 au lait, twice')).keyId).to.equal(made.keyId);
  });

  it('refuses one that is too short for a new root, not one that opens an old one', async () => {
    const error = await expectRejection(create('elevenchars'), RootOfTrustError);
    expect(error.reason).to.equal('malformed');
    expect(error.message).to.include('too short').and.not.include('elevenchars');
    const {parameters} = await create('twelve chars');
    await open(parameters, 'elevenchars');
  });

  it('asks for nothing where there are no parameters, or none that it knows', async () => {
    const secrets = answering(PASSPHRASE);
    const none = await expectRejection(PassphraseWrapper.open(PROMPT, secrets.access()), RootOfTrustError);
    expect(none.reason).to.equal('missing');
    for (const parameters of ['', '{}', '{"kdf":"argon2id"}']) {
      const error = await expectRejection(
        PassphraseWrapper.open(PROMPT, secrets.access(parameters)),
        RootOfTrustError,
      );
      expect(error.reason).to.equal('malformed');
      expect(error.message).to.include('The parameters that the store keeps');
    }
    expect(secrets.questions).to.deep.equal([]);
    expect(secrets.answers).to.deep.equal([PASSPHRASE]);
  });

  describe('of a file, checked', () => {
    const file = (): string => path('passphrase');
    const write = (text = `${PASSPHRASE}\n`): Promise<void> => writeFile(file(), text, {mode: 0o600});
    const make = async (): Promise<PassphraseWrapper> => {
      await write();
      return PassphraseWrapper.create(`passphrase:file=${file()}`, new FakeSecrets().access());
    };
    const problem = async (wrapper: PassphraseWrapper): Promise<string> =>
      (await expectRejection(wrapper.check(), RootOfTrustError)).reason;

    it('is well while the file says the same', async () => {
      const wrapper = await make();
      await wrapper.check();
      await wrapper.check();
      await utimes(file(), 1, 1);
      await wrapper.check();
    });

    it('is not where the file is gone, open to others, malformed, or says something else', async () => {
      const wrapper = await make();
      await rm(file());
      expect(await problem(wrapper)).to.equal('missing');
      await write();
      await chmod(file(), 0o644);
      expect(await problem(wrapper)).to.equal('permissions');
      await chmod(file(), 0o600);
      await wrapper.check();
      await write('');
      expect(await problem(wrapper)).to.equal('malformed');
      await write('another passphrase\n');
      expect(await problem(wrapper)).to.equal('foreign-key');
      expect(await problem(wrapper)).to.equal('foreign-key');
      await write();
      await wrapper.check();
    });
  });
});
