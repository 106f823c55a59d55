import {rename, writeFile} from 'node:fs/promises';
import {expect} from 'chai';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';

const LINE = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER = '_-ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const PASSPHRASE = 'correct horse battery staple';
const ENV = 'env:WEBKMS_ROOT_KEY';
const PROMPT = 'passphrase:prompt';

const keyId = (root: RootOfTrust): string | undefined => root.opened()[0]?.wrapper.keyId;

describe('RootOfTrust.open of env:', () => {
  const t = useRootOfTrust();
  const set = (value: string): void => void t.secretSource.variables.set('WEBKMS_ROOT_KEY', value);

  it('seeds a store, and opens it again', async () => {
    set(LINE);
    const first = await t.open(ENV);
    expect(first.created).to.be.false;
    expect(t.store.rootWrappers).to.deep.equal([
      {id: first.opened()[0]?.id, uri: ENV, wrapperKeyId: keyId(first), createdAt: 1234, state: 'active'},
    ]);
    set(LINE);
    expect(keyId(await t.open(ENV))).to.equal(keyId(first));
    expect(t.lines).to.deep.equal([]);
  });

  it('makes no key for an empty store, and says how to make one', async () => {
    const error = await t.refusal(ENV);
    expect(error.reason).to.equal('missing');
    expect(error.message).to.include('the server makes no key for it. Make one');
    expect(t.store.rootWrappers).to.deep.equal([]);
    set(LINE);
    await t.open(ENV);
  });

  it('refuses a sealed store without the variable, and with another key, and changes nothing', async () => {
    set(LINE);
    await t.open(ENV);
    const records = structuredClone(t.store.rootWrappers);
    const missing = await t.refusal(ENV);
    expect(missing.reason).to.equal('missing');
    expect(missing.message)
      .to.include('is not set. The store was sealed with it')
      .and.not.include('Make one');
    set(OTHER);
    const foreign = await t.refusal(ENV);
    expect(foreign.reason).to.equal('foreign-key');
    expect(foreign.message).to.include(`${ENV} is not the one`).and.not.include(OTHER);
    expect(t.store.rootWrappers).to.deep.equal(records);
    set(LINE);
    await t.open(ENV);
  });

  it('is the same key as that of a file with the same line, so that it can move', async () => {
    await writeFile(t.path('root.key'), `${LINE}\n`, {mode: 0o600});
    const inFile = await t.open(t.uri('root.key'));
    await rename(t.path('root.key'), t.path('away'));
    set(LINE);
    expect(keyId(await t.open(ENV))).to.equal(keyId(inFile));
    expect(t.lines.map(({message}) => message)).to.include(
      'the root of trust has moved: using the place that the setting names',
    );
  });
});

describe('RootOfTrust.open of passphrase:', () => {
  const t = useRootOfTrust();
  const answer = (...answers: string[]): void => void t.secretSource.answers.push(...answers);

  it('seeds a store after asking twice, keeps the parameters, and opens it again after asking once', async () => {
    answer(PASSPHRASE, PASSPHRASE);
    const first = await t.open(PROMPT);
    expect(first.created).to.be.true;
    expect(t.secretSource.questions).to.have.length(2);
    const [record] = t.store.rootWrappers;
    expect(record).to.include({uri: PROMPT, wrapperKeyId: keyId(first)});
    expect(JSON.parse(record?.parameters ?? '')).to.include({kdf: 'argon2id', memoryKiB: 65_536, passes: 3});
    answer(PASSPHRASE);
    const again = await t.open(PROMPT);
    expect(keyId(again)).to.equal(keyId(first));
    expect(again.created).to.be.false;
    expect(t.secretSource.questions).to.have.length(3);
    expect(t.store.rootWrappers).to.deep.equal([record]);
  });

  it('refuses the wrong passphrase of a sealed store, and changes nothing', async () => {
    answer(PASSPHRASE, PASSPHRASE);
    await t.open(PROMPT);
    const records = structuredClone(t.store.rootWrappers);
    answer('a wrong passphrase');
    const error = await t.refusal(PROMPT);
    expect(error.reason).to.equal('foreign-key');
    expect(error.message)
      .to.include('is not the one that the store was sealed with. The passphrase is wrong.')
      .and.not.include('a wrong passphrase');
    expect(t.store.rootWrappers).to.deep.equal(records);
    answer(PASSPHRASE);
    await t.open(PROMPT);
  });

  it('refuses to seed with too short a passphrase, or with none, and stores nothing', async () => {
    answer('elevenchars', 'elevenchars');
    expect((await t.refusal(PROMPT)).message).to.include('too short');
    expect((await t.refusal(PROMPT)).message).to.equal('Nobody answers.');
    expect((await t.refusal(`passphrase:file=${t.path('nowhere')}`)).reason).to.equal('missing');
    expect(t.store.rootWrappers).to.deep.equal([]);
    answer('twelve chars', 'twelve chars');
    await t.open(PROMPT);
  });

  it('is the same root from another place', async () => {
    answer(PASSPHRASE, PASSPHRASE);
    const first = await t.open(PROMPT);
    await writeFile(t.path('passphrase'), `${PASSPHRASE}\n`, {mode: 0o600});
    expect(keyId(await t.open(`passphrase:file=${t.path('passphrase')}`))).to.equal(keyId(first));
  });

  it('of two nodes at once has the parameters of the first, and not those of the second', async () => {
    let waiting = 2;
    const {promise, resolve} = Promise.withResolvers<undefined>();
    t.store.gate = async (method) => {
      if (method !== 'insertFirstRootWrapper') return;
      if (--waiting === 0) resolve(undefined);
      await promise;
    };
    await writeFile(t.path('passphrase'), `${PASSPHRASE}\n`, {mode: 0o600});
    const uri = `passphrase:file=${t.path('passphrase')}`;
    const [a, b] = await Promise.all([t.open(uri), t.open(uri)]);
    expect(keyId(a)).to.equal(keyId(b));
    expect(t.store.rootWrappers).to.have.length(1);
  });

  it('asks for nothing where the store was sealed by a file, which is used', async () => {
    await t.open(t.uri('root.key'));
    expect((await t.open(PROMPT)).opened()[0]?.wrapper.uri).to.equal(t.uri('root.key'));
    expect(t.secretSource.questions).to.deep.equal([]);
  });

  it('refuses parameters in the store that it does not know, before it asks', async () => {
    answer(PASSPHRASE, PASSPHRASE);
    await t.open(PROMPT);
    const [record] = t.store.rootWrappers;
    t.store.rootWrappers[0] = {...record!, parameters: '{"kdf":"scrypt"}'};
    expect((await t.refusal(PROMPT)).message).to.include('The parameters that the store keeps');
    expect(t.secretSource.questions).to.have.length(2);
    t.store.rootWrappers[0] = record!;
    answer(PASSPHRASE);
    await t.open(PROMPT);
  });
});
