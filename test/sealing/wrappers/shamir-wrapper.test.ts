import {expect} from 'chai';
import fc from 'fast-check';
import {RootOfTrustError} from '../../../lib/sealing/root-of-trust-error.ts';
import {ShamirShare} from '../../../lib/sealing/wrappers/shamir-share.ts';
import {ShamirWrapper} from '../../../lib/sealing/wrappers/shamir-wrapper.ts';
import {expectRejection} from '../expect-rejection.ts';
import {describeRootWrapper} from '../wrapper.suite.ts';

const URI = 'shamir:2-of-3';

describeRootWrapper({
  name: 'shamir:',
  create: async () => {
    const [{wrapper}, {wrapper: foreign}] = [await ShamirWrapper.split(URI), await ShamirWrapper.split(URI)];
    return {wrapper, foreign, close: () => wrapper.close().then(() => foreign.close())};
  },
});

/** Every choice of `size` of the items. */
function choices<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => choices(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

const combine = (keyId: string, texts: readonly string[]): Promise<ShamirWrapper | undefined> =>
  ShamirWrapper.combine(
    URI,
    keyId,
    texts.map((text) => ShamirShare.parse(text)),
  );

describe('ShamirWrapper', () => {
  it('opens by any k shares, in any order, and by no fewer', async () => {
    for (const [threshold, count] of [
      [2, 2],
      [2, 3],
      [3, 5],
      [5, 5],
    ] as const) {
      const {wrapper, shares} = await ShamirWrapper.split(`shamir:${threshold}-of-${count}`);
      expect(new Set(shares).size).to.equal(count);
      const blob = await wrapper.seal(Buffer.from('a secret'), Buffer.from('place'));
      for (const chosen of choices(shares, threshold)) {
        const opened = await combine(wrapper.keyId, chosen.reverse());
        expect(opened?.keyId).to.equal(wrapper.keyId);
        expect(Buffer.from((await opened?.open(blob, Buffer.from('place'))) ?? []).toString()).to.equal(
          'a secret',
        );
      }
      for (const tooFew of threshold > 2 ? choices(shares, threshold - 1) : [])
        expect(await combine(wrapper.keyId, tooFew)).to.be.undefined;
    }
  });

  it('makes another root every time, of which no share fits another', async () => {
    const [a, b] = [await ShamirWrapper.split(URI), await ShamirWrapper.split(URI)];
    expect(a.wrapper.keyId).to.not.equal(b.wrapper.keyId);
    const mixed = [
      a.shares[0] ?? '',
      b.shares.find((text) => numberOf(text) !== numberOf(a.shares[0])) ?? '',
    ];
    expect(await combine(a.wrapper.keyId, mixed)).to.be.undefined;
    expect(await combine(b.wrapper.keyId, mixed)).to.be.undefined;
    expect(await combine(a.wrapper.keyId, a.shares.slice(1))).to.not.be.undefined;
  });

  it('takes 2-of-2 to 16-of-16', async () => {
    for (const uri of ['shamir:2-of-2', 'shamir:2-of-16', 'shamir:16-of-16'])
      expect(ShamirWrapper.normalize(uri)).to.equal(uri);
    for (const uri of [
      'shamir:',
      'shamir:2',
      'shamir:1-of-2',
      'shamir:0-of-0',
      'shamir:3-of-2',
      'shamir:2-of-17',
      'shamir:2-of-100',
      'shamir:02-of-3',
      'shamir:2-of-3 ',
      'shamir:2-of-3\n',
      'Shamir:2-of-3',
      'shamir:-2-of-3',
    ])
      expect(() => ShamirWrapper.normalize(uri), uri).to.throw(RootOfTrustError, 'shamir:<k>-of-<n>');
    expect((await ShamirWrapper.split('shamir:16-of-16')).shares).to.have.length(16);
  });

  it('is neither opened nor made as other roots are, and says how', async () => {
    for (const attempt of [ShamirWrapper.open(URI), ShamirWrapper.create(URI)]) {
      const error = await expectRejection(attempt, RootOfTrustError);
      expect(error.reason).to.equal('shares-needed');
      expect(error.message).to.equal(
        'The root of trust shamir:2-of-3 needs 2 of its 3 shares. Give them to: webkms admin unseal',
      );
    }
  });

  it('shows no share and no secret', async () => {
    const {wrapper, shares} = await ShamirWrapper.split(URI);
    const share = ShamirShare.parse(shares[0] ?? '');
    expect(JSON.stringify([wrapper, share])).to.equal('["[redacted]","[redacted]"]');
    expect(`${String(share)}${wrapper.uri}`).to.not.include(shares[0]);
    await wrapper.check();
  });
});

const numberOf = (text = ''): number => ShamirShare.parse(text).number;

describe('ShamirShare', () => {
  const NAME = {root: '0011223344556677', threshold: 2, number: 3};

  it('is one printable line, and parses to what it was', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({minLength: 32, maxLength: 32}),
        fc.uint8Array({minLength: 8, maxLength: 8}),
        fc.integer({min: 2, max: 255}),
        fc.integer({min: 1, max: 255}),
        (bytes, root, threshold, number) => {
          const name = {root: Buffer.from(root).toString('hex'), threshold, number};
          const text = new ShamirShare(name, bytes).format();
          expect(text).to.match(/^webkms-share-1-[1-9A-HJ-NP-Za-km-z]{46,64}$/);
          const share = ShamirShare.parse(text);
          expect({root: share.root, threshold: share.threshold, number: share.number}).to.deep.equal(name);
          expect(share.point()).to.deep.equal(Uint8Array.from([...bytes, number]));
          expect(share.format()).to.equal(text);
        },
      ),
    );
  });

  it('refuses whatever has one character changed, left out, doubled or added; without repeating it', () => {
    const text = new ShamirShare(NAME, new Uint8Array(32).fill(9)).format();
    const refused = (other: string): void => {
      expect(() => ShamirShare.parse(other), other)
        .to.throw(RootOfTrustError, 'Nothing was changed')
        .with.property('reason', 'malformed');
      expect(() => ShamirShare.parse(other)).to.not.throw(RootOfTrustError, text.slice(20));
    };
    for (let i = 0; i < text.length; i++) {
      const [head, tail] = [text.slice(0, i), text.slice(i + 1)];
      for (const other of ['', 'x', 'Z', '1', '0', ' ', 'é', `${text.charAt(i)}${text.charAt(i)}`])
        if (other !== text.charAt(i)) refused(head + other + tail);
    }
    for (const other of [
      '',
      'webkms-share-1-',
      `${text}1`,
      ` ${text}`,
      `${text}\n`,
      text.toUpperCase(),
      'x'.repeat(9999),
    ])
      refused(other);
    expect(ShamirShare.parse(text).number).to.equal(3);
  });

  it('overwrites its bytes when it is forgotten', () => {
    const share = new ShamirShare(NAME, new Uint8Array(32).fill(9));
    expect(share.point()[0]).to.equal(9);
    share.forget();
    expect(share.point().subarray(0, 32)).to.deep.equal(new Uint8Array(32));
  });
});
