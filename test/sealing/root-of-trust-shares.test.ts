import {expect} from 'chai';
import {RootOfTrustError, type RootOfTrustReason} from '../../lib/sealing/root-of-trust-error.ts';
import type {RootOfTrust} from '../../lib/sealing/root-of-trust.ts';
import {ShamirShare} from '../../lib/sealing/wrappers/shamir-share.ts';
import {ShamirWrapper} from '../../lib/sealing/wrappers/shamir-wrapper.ts';
import {expectRejection} from './expect-rejection.ts';
import {useRootOfTrust} from './root-of-trust-fixture.ts';

const URI = 'shamir:2-of-3';

describe('RootOfTrust of shamir:', () => {
  const t = useRootOfTrust();
  let root: RootOfTrust;
  let changes: boolean[];
  beforeEach(async () => {
    root = await t.open(URI);
    changes = [];
    root.onSealedChange((sealed) => changes.push(sealed));
  });

  const refusal = async (share: string, reason: RootOfTrustReason, message: string): Promise<void> => {
    const before = root.status();
    const error = await expectRejection(root.offerShare(share), RootOfTrustError);
    expect(error.reason).to.equal(reason);
    expect(error.message).to.include(message);
    if (share.length > 20) expect(error.message).to.not.include(share.slice(20));
    expect(root.status()).to.deep.equal(before);
  };
  const offered = (): (number | undefined)[] => root.status().map((status) => status.offered);
  const initialized = async (): Promise<[string, string, string]> => {
    const {shares} = await root.initialize();
    return shares as [string, string, string];
  };
  /** With a checksum that fits. */
  const forge = (text: string): string => {
    const share = ShamirShare.parse(text);
    const {root: name, threshold, number} = share;
    return new ShamirShare({root: name, threshold, number}, new Uint8Array(32).fill(5)).format();
  };

  it('starts on an empty store with nothing, sealed', async () => {
    expect(root.isSealed()).to.be.true;
    expect(root.created).to.be.false;
    expect([root.records(), root.opened(), root.status()]).to.deep.equal([[], [], []]);
    expect(t.lines.map(({level, message}) => `${level}: ${message}`)).to.deep.equal([
      'warn: sealed: there is no root of trust yet; make it with: webkms admin init',
    ]);
    await refusal('webkms-share-1-x', 'missing', 'There is no root of trust yet');
  });

  it('is initialised once, and stays sealed until enough shares were given back', async () => {
    const {shares, rootWrapperId} = await root.initialize();
    expect(shares).to.have.length(3);
    expect(root.isSealed()).to.be.true;
    expect(root.created).to.be.true;
    expect(root.status()).to.deep.equal([
      {
        id: rootWrapperId,
        uri: URI,
        kind: 'shamir',
        state: 'active',
        open: false,
        reason: 'The root of trust shamir:2-of-3 needs 2 of its 3 shares. Give them to: webkms admin unseal',
        createdAt: 1234,
        threshold: 2,
        shares: 3,
        offered: 0,
      },
    ]);
    const again = await expectRejection(root.initialize(), RootOfTrustError);
    expect(again.reason).to.equal('exists');
    expect(t.store.rootWrappers).to.have.length(1);

    expect(await root.offerShare(` ${shares[1] ?? ''}\n`)).to.deep.equal({
      rootWrapperId,
      given: 1,
      needed: 2,
      opened: false,
    });
    expect(root.isSealed()).to.be.true;
    expect(root.opened()).to.deep.equal([]);
    expect(offered()).to.deep.equal([1]);
    expect(await root.offerShare(shares[0] ?? '')).to.deep.equal({
      rootWrapperId,
      given: 2,
      needed: 2,
      opened: true,
    });
    expect(root.isSealed()).to.be.false;
    expect(root.opened().map(({id}) => id)).to.deep.equal([rootWrapperId]);
    expect(root.status()[0]).to.include({open: true, offered: 0}).and.not.have.property('reason');
    expect(changes).to.deep.equal([false]);
    expect(await root.offerShare(shares[2] ?? '')).to.include({opened: true});
  });

  it('is the root of the process that was first', async () => {
    const other = await t.open(URI);
    const shares = await initialized();
    expect((await expectRejection(other.initialize(), RootOfTrustError)).reason).to.equal('exists');
    for (const share of shares.slice(1)) await other.offerShare(share);
    expect(other.isSealed()).to.be.false;
    expect(root.isSealed()).to.be.true;
  });

  it('keeps nothing in the store that opens', async () => {
    await initialized();
    const [record] = t.store.rootWrappers;
    expect(Object.keys(record ?? {}).sort()).to.deep.equal([
      'createdAt',
      'id',
      'state',
      'uri',
      'wrapperKeyId',
    ]);
  });

  it('is sealed after a restart, whatever the setting says now, and makes no other root', async () => {
    const shares = await initialized();
    for (const uri of [URI, 'shamir:3-of-5', t.uri('root.key')]) {
      t.lines = [];
      root = await t.open(uri);
      expect(root.isSealed(), uri).to.be.true;
      expect(root.created).to.be.false;
      expect(t.lines.map(({level, message}) => `${level}: ${message}`)).to.deep.equal([
        'info: a root of trust is not at hand',
        'warn: sealed: no root of trust opens without shares; give them to: webkms admin unseal',
      ]);
      expect((await expectRejection(root.initialize(), RootOfTrustError)).reason).to.equal('exists');
      await root.offerShare(shares[0]);
      await root.offerShare(shares[2]);
      expect(root.isSealed()).to.be.false;
    }
    expect(t.store.rootWrappers).to.have.length(1);
  });

  it('refuses what is no share, a damaged one, and one of another root; nothing changes', async () => {
    const shares = await initialized();
    await root.offerShare(shares[0]);
    const {shares: foreign} = await ShamirWrapper.split(URI);
    await refusal('', 'malformed', 'is not a share');
    await refusal('correct horse battery staple', 'malformed', 'is not a share');
    await refusal(shares[1].replace('webkms-share-1-', 'webkms-share-2-'), 'malformed', 'is not a share');
    await refusal(`${shares[1].slice(0, -1)}${shares[1].endsWith('1') ? '2' : '1'}`, 'malformed', 'checksum');
    await refusal(shares[1].slice(0, -1), 'malformed', 'checksum');
    await refusal(foreign[0] ?? '', 'foreign-key', 'share of another root of trust');
    const {root: name, number} = ShamirShare.parse(shares[1]);
    const other = new ShamirShare({root: name, threshold: 3, number}, new Uint8Array(32)).format();
    await refusal(other, 'foreign-key', 'share of another root of trust');
    await refusal(shares[0], 'exists', 'was given already');
    await refusal(forge(shares[0]), 'exists', 'one of them is forged');
    expect(changes).to.deep.equal([]);
    await root.offerShare(shares[1]);
    expect(root.isSealed()).to.be.false;
  });

  it('refuses shares of a root that is being retired', async () => {
    const shares = await initialized();
    const [record] = t.store.rootWrappers;
    t.store.rootWrappers[0] = {...record!, state: 'retiring'};
    await root.refresh();
    await refusal(shares[0], 'foreign-key', 'which the store does not list');
    t.store.rootWrappers[0] = record!;
    await root.offerShare(shares[0]);
  });

  it('drops all shares where one of them was forged, and opens by good ones then', async () => {
    const shares = await initialized();
    for (const forged of [forge(shares[0]), forge(shares[1])]) {
      await root.offerShare(forged);
      const error = await expectRejection(root.offerShare(shares[2]), RootOfTrustError);
      expect(error.reason).to.equal('foreign-key');
      expect(error.message).to.include('at least one is forged').and.include('All were dropped');
      expect(offered()).to.deep.equal([0]);
      expect(root.isSealed()).to.be.true;
    }
    await root.offerShare(shares[0]);
    await root.offerShare(shares[2]);
    expect(root.isSealed()).to.be.false;
  });

  it('forgets shares when told to, and when it is sealed', async () => {
    const shares = await initialized();
    await root.offerShare(shares[0]);
    root.discardShares();
    expect(offered()).to.deep.equal([0]);
    expect((await root.offerShare(shares[1])).given).to.equal(1);
    await root.seal();
    expect(offered()).to.deep.equal([0]);
    expect((await root.offerShare(shares[2])).given).to.equal(1);
    expect((await root.offerShare(shares[1])).opened).to.be.true;
  });

  it('opens once where the last shares come at once', async () => {
    const shares = await initialized();
    const outcomes = await Promise.all(shares.map((share) => root.offerShare(share)));
    expect(outcomes.map(({given, opened}) => [given, opened])).to.deep.equal([
      [1, false],
      [2, true],
      [2, true],
    ]);
    expect(changes).to.deep.equal([false]);
  });

  it('is sealed again until shares are given again', async () => {
    const shares = await initialized();
    await root.offerShare(shares[0]);
    await root.offerShare(shares[1]);
    const [opened] = root.opened();
    const blob = await opened?.wrapper.seal(Buffer.from('a secret'), Buffer.from('place'));
    await root.seal();
    expect(root.isSealed()).to.be.true;
    expect(root.status()[0]?.reason).to.equal('Sealed by an operator.');
    await expectRejection(
      opened?.wrapper.open(blob ?? new Uint8Array(), Buffer.from('place')) ?? Promise.resolve(),
      Error,
    );
    await root.unsealStored();
    expect(root.isSealed()).to.be.true;
    expect(root.status()[0]?.reason).to.include('needs 2 of its 3 shares');
    await root.offerShare(shares[1]);
    await root.offerShare(shares[2]);
    expect(root.isSealed()).to.be.false;
    expect(changes).to.deep.equal([false, true, false]);
  });
});
