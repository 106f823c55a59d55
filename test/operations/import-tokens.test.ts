import {createPublicKey} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {MalformedRequestError, RateLimitError, UnavailableError} from '../../lib/errors.ts';
import {type ImportParameters, ImportTokens} from '../../lib/operations/import-tokens.ts';
import {flipBit, rejection} from '../key-modules/fixtures.ts';
import {MemoryWrappers} from '../key-modules/memory-wrappers.ts';
import {MemoryReplays} from './memory-replays.ts';

const KEYSTORE = 'https://localhost:9443/kms/keystores/z1A';
const OTHER = 'https://localhost:9443/kms/keystores/z1B';
const HOUR_MS = 3_600_000;
const T0 = Date.parse('2026-11-22T07:30:00.250Z');

describe('import tokens', () => {
  let now = T0;
  const wrappers = new MemoryWrappers();
  let replays = new MemoryReplays();
  let tokens: ImportTokens;
  let parameters: ImportParameters;

  const tokensOfAnotherNode = () => new ImportTokens({wrappers, replays, now: () => now});

  async function expectNotGood(token: string, keystoreId = KEYSTORE): Promise<void> {
    const error = await rejection(tokens.open(keystoreId, token));
    expect(error).to.be.instanceOf(MalformedRequestError);
    expect(error.message).to.equal(
      'The import token is not good for this keystore, or no longer: ask for another.',
    );
  }

  before(async () => {
    await wrappers.wrapperFor(OTHER, 'key-material', {create: true});
    parameters = await tokensOfAnotherNode().create(KEYSTORE);
  });

  beforeEach(() => {
    now = T0;
    replays = new MemoryReplays();
    tokens = tokensOfAnotherNode();
  });

  it('come with an RSA key of 3072 bits, are good for an hour, and hold nothing in clear', () => {
    const key = createPublicKey({
      key: Buffer.from(parameters.publicKey, 'base64url'),
      format: 'der',
      type: 'spki',
    });
    expect(key.asymmetricKeyDetails).to.deep.equal({modulusLength: 3072, publicExponent: 65_537n});
    expect(parameters.expires).to.equal('2026-11-22T08:30:00.250Z');
    expect(parameters.importToken).to.match(/^[A-Za-z0-9_-]{2000,4096}$/);
    const sealed = Buffer.from(parameters.importToken, 'base64url');
    const privateKey = wrappers.sealedPlaintexts.at(-1)!;
    expect(sealed.includes(privateKey.subarray(100, 120))).to.equal(false);
  });

  it('open to the private key of that public key, on any node', async () => {
    const privateKey = await tokens.open(KEYSTORE, parameters.importToken);
    const spki = createPublicKey(privateKey).export({format: 'der', type: 'spki'});
    expect(spki.toString('base64url')).to.equal(parameters.publicKey);
  });

  it('open once, on all nodes', async () => {
    await tokens.open(KEYSTORE, parameters.importToken);
    await expectNotGood(parameters.importToken);
    const error = await rejection(tokensOfAnotherNode().open(KEYSTORE, parameters.importToken));
    expect(error).to.be.instanceOf(MalformedRequestError);
  });

  it('open once where several race', async () => {
    const race = Array.from({length: 8}, () => tokensOfAnotherNode().open(KEYSTORE, parameters.importToken));
    const results = await Promise.allSettled(race);
    expect(results.filter(({status}) => status === 'fulfilled')).to.have.length(1);
  });

  it('are good until the hour is over, and remembered longer than any node takes them', async () => {
    now = T0 + HOUR_MS;
    await expectNotGood(parameters.importToken);
    expect(replays.remembered.size).to.equal(0);
    now = T0 + HOUR_MS - 1;
    await tokens.open(KEYSTORE, parameters.importToken);
    expect([...replays.remembered.values()]).to.deep.equal([T0 + HOUR_MS + 600_000]);
  });

  it('are good for their keystore only, and not used up by another', async () => {
    await expectNotGood(parameters.importToken, OTHER);
    await expectNotGood(parameters.importToken, 'https://localhost:9443/kms/keystores/z1NoKeysYet');
    await tokens.open(KEYSTORE, parameters.importToken);
  });

  it('say themselves whose they are: also where one key seals for all', async () => {
    const one = await wrappers.wrapperFor(KEYSTORE, 'key-material');
    const shared = {wrapperFor: async () => one};
    const careless = new ImportTokens({wrappers: shared, replays, now: () => now});
    expect((await rejection(careless.open(OTHER, parameters.importToken))).message).to.match(/not good/);
    await careless.open(KEYSTORE, parameters.importToken);
  });

  it('are good as they were given: with no bit changed, none missing, none added, no later end', async () => {
    const token = Buffer.from(parameters.importToken, 'base64url');
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length * 8 - 1), async (bit) =>
        expectNotGood(Buffer.from(flipBit(token, bit)).toString('base64url')),
      ),
    );
    const later = Buffer.from(token);
    later.writeUIntBE(T0 + 2 * HOUR_MS, 1, 6);
    await expectNotGood(later.toString('base64url'));
    for (const text of ['', 'A', 'AQ', 'AQAAAAAAAAA', token.subarray(0, -1).toString('base64url')])
      await expectNotGood(text);
    await expectNotGood(`${parameters.importToken}=`);
    await expectNotGood(`${parameters.importToken}AAAA`);
    expect(replays.remembered.size, 'nothing is remembered of them').to.equal(0);
    await tokens.open(KEYSTORE, parameters.importToken);
  });

  it('give no key where it cannot be remembered that they did', async () => {
    replays.failure = new UnavailableError('The store is not there.');
    expect(await rejection(tokens.open(KEYSTORE, parameters.importToken))).to.equal(replays.failure);
    replays.failure = undefined;
    await tokens.open(KEYSTORE, parameters.importToken);
  });

  it('say so where nothing can be sealed or opened', async () => {
    const failure = new UnavailableError('The server is sealed.');
    const sealed = new ImportTokens({
      wrappers: {wrapperFor: async () => Promise.reject(failure)},
      replays,
      now: () => now,
    });
    expect(await rejection(sealed.create(KEYSTORE))).to.equal(failure);
    expect(await rejection(sealed.open(KEYSTORE, parameters.importToken))).to.equal(failure);
  });

  it('are made one at a time for a keystore', async () => {
    const first = tokens.create(KEYSTORE);
    const again = await rejection(tokens.create(KEYSTORE));
    expect(again).to.be.instanceOf(RateLimitError).with.property('retryAfterSeconds', 1);
    const [one, other] = await Promise.all([first, tokens.create(OTHER)]);
    expect(one.publicKey).to.not.equal(other.publicKey);
    await tokens.create(KEYSTORE);
  });
});
