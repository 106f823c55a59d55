import {expect} from 'chai';
import fc from 'fast-check';
import {SealedBlobError, type Wrapper} from '../../lib/sealing/wrapper.ts';
import {expectRejection} from './expect-rejection.ts';

export type SuiteWrapper = Pick<Wrapper, 'keyId' | 'seal' | 'open'>;

export interface WrapperSuiteOptions {
  readonly name: string;
  /** Makes two wrappers of the kind, with different keys. */
  readonly create: () => Promise<{
    readonly wrapper: SuiteWrapper;
    readonly foreign: SuiteWrapper;
    close(): Promise<void>;
  }>;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** What every wrapper promises. */
export function describeWrapper({name, create}: WrapperSuiteOptions): void {
  describe(`Wrapper: ${name}`, () => {
    let made: Awaited<ReturnType<typeof create>>;
    let wrapper: SuiteWrapper;
    const place = bytes('record 1');

    before(async () => {
      made = await create();
      wrapper = made.wrapper;
    });
    after(() => made.close());

    const expectRefused = async (blob: Uint8Array, additionalData = place, by = wrapper): Promise<void> => {
      const error = await expectRejection(by.open(blob, additionalData), SealedBlobError);
      expect(error.message).to.equal('A sealed blob could not be opened.');
    };

    it('opens what it sealed, under the same additional data only', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({maxLength: 200}),
          fc.uint8Array(),
          fc.uint8Array(),
          async (plaintext, aad, other) => {
            const blob = await wrapper.seal(plaintext, aad);
            expect(Buffer.from(await wrapper.open(blob, aad)).equals(plaintext)).to.be.true;
            if (!Buffer.from(aad).equals(other)) await expectRefused(blob, other);
          },
        ),
      );
    });

    it('seals empty and long plaintexts', async () => {
      for (const plaintext of [new Uint8Array(0), new Uint8Array(100_000).fill(7)]) {
        const blob = await wrapper.seal(plaintext, place);
        expect(Buffer.from(await wrapper.open(blob, place)).equals(plaintext)).to.be.true;
      }
    });

    it('refuses a blob with any bit flipped', async () => {
      const blob = await wrapper.seal(bytes('a secret'), place);
      expect(Buffer.from(await wrapper.open(blob, place)).toString()).to.equal('a secret');
      for (let bit = 0; bit < blob.length * 8; bit++) {
        const flipped = Uint8Array.from(blob);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await expectRefused(flipped);
      }
    });

    it('refuses a blob of every other length', async () => {
      const blob = await wrapper.seal(bytes('a secret'), place);
      for (let length = 0; length < blob.length; length++) await expectRefused(blob.subarray(0, length));
      await expectRefused(Buffer.concat([blob, Uint8Array.of(0)]));
      expect(await wrapper.open(blob, place)).to.have.length(8);
    });

    it('refuses junk', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({maxLength: 200}), (junk) => expectRefused(junk)));
    });

    it('refuses a blob of another key, which opens it', async () => {
      const blob = await made.foreign.seal(bytes('a secret'), place);
      expect(Buffer.from(await made.foreign.open(blob, place)).toString()).to.equal('a secret');
      await expectRefused(blob);
      expect(wrapper.keyId).to.not.equal(made.foreign.keyId);
    });

    it('names its key in the blob, and never gives the same blob twice', async () => {
      const blobs = new Set<string>();
      for (let i = 0; i < 100; i++) {
        const blob = Buffer.from(await wrapper.seal(bytes('a secret'), place));
        expect(blob.includes(wrapper.keyId)).to.be.true;
        blobs.add(blob.toString('hex'));
      }
      expect(blobs.size).to.equal(100);
    });

    it('does not show the plaintext in the blob, nor changes its input', async () => {
      const plaintext = bytes('a secret that is long enough');
      const blob = Buffer.from(await wrapper.seal(plaintext, place));
      expect(blob.includes('secret')).to.be.false;
      const before = blob.toString('hex');
      await wrapper.open(blob, place);
      expect(blob.toString('hex')).to.equal(before);
      expect(Buffer.from(plaintext).toString()).to.equal('a secret that is long enough');
    });

    it('gives plaintext in memory of its own, that the caller may overwrite', async () => {
      const blob = await wrapper.seal(bytes('a secret'), place);
      const first = await wrapper.open(blob, place);
      expect(first.buffer.byteLength).to.equal(8);
      first.fill(0);
      expect(Buffer.from(await wrapper.open(blob, place)).toString()).to.equal('a secret');
    });
  });
}
