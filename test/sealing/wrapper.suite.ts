import {expect} from 'chai';
import fc from 'fast-check';
import {UnavailableError} from '../../lib/errors.ts';
import {AesGcmKey} from '../../lib/sealing/aes-gcm-key.ts';
import {openRootSealer} from '../../lib/sealing/root-sealer.ts';
import type {RootSealer, RootWrapper} from '../../lib/sealing/root-wrapper.ts';
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

export interface RootWrapperSuiteOptions {
  readonly name: string;
  /** Makes two roots of the kind, with different keys. */
  readonly create: () => Promise<{
    readonly wrapper: RootWrapper;
    readonly foreign: RootWrapper;
    close(): Promise<void>;
  }>;
}

/** What every root promises that has a sealer: that of a wrapper, and that others seal for it and it alone opens. */
export function describeRootWrapper({name, create}: RootWrapperSuiteOptions): void {
  describeWrapper({name, create});

  const exported = (root: RootWrapper): Uint8Array => {
    const sealerBytes = root.exportSealer?.();
    if (!sealerBytes) throw new Error('The root has no sealer.');
    return sealerBytes;
  };

  describe(`Root sealer: ${name}`, () => {
    let made: Awaited<ReturnType<typeof create>>;
    before(async () => {
      made = await create();
    });
    after(() => made.close());

    // The suite of all wrappers: sealed by the sealer, opened by the root.
    const pair = (root: RootWrapper): SuiteWrapper & {readonly sealer: RootSealer} => {
      const sealer = openRootSealer(exported(root));
      return {
        keyId: sealer.keyId,
        sealer,
        seal: (plaintext, additionalData) => sealer.seal(plaintext, additionalData),
        open: (blob, additionalData) => root.open(blob, additionalData),
      };
    };
    describeWrapper({
      name: `the sealer of ${name}`,
      create: async () => {
        const roots = await create();
        return {wrapper: pair(roots.wrapper), foreign: pair(roots.foreign), close: () => roots.close()};
      },
    });

    const place = bytes('record 1');

    it('has the key id of its root, and the same bytes every time', () => {
      expect(openRootSealer(exported(made.wrapper)).keyId).to.equal(made.wrapper.keyId);
      expect(exported(made.wrapper)).to.deep.equal(exported(made.wrapper));
      expect(exported(made.wrapper)).to.not.deep.equal(exported(made.foreign));
    });

    it('cannot open, nor is in its bytes what can', async () => {
      const sealerBytes = exported(made.wrapper);
      const sealer = openRootSealer(sealerBytes);
      expect(sealer).to.not.have.property('open');
      const blobs = [await sealer.seal(bytes('a secret'), place), await made.wrapper.seal(bytes('x'), place)];
      for (let start = 0; start + 32 <= sealerBytes.length; start++) {
        const window = sealerBytes.subarray(start, start + 32);
        for (const blob of blobs) {
          const id = Buffer.from(blob.subarray(2, 2 + (blob[1] ?? 0))).toString('latin1');
          const opened = await Promise.resolve()
            .then(() => new AesGcmKey(id, window).open(blob, place))
            .catch(() => undefined);
          // The outer layer opens to a box, which is no plaintext.
          if (opened) expect(Buffer.from(opened).includes('secret')).to.be.false;
          if (blob === blobs[1]) expect(opened).to.be.undefined;
        }
      }
      for (const blob of blobs) expect(await made.wrapper.open(blob, place)).to.not.be.empty;
    });

    it('does not seal where a bit of its bytes was flipped', async () => {
      const sealerBytes = exported(made.wrapper);
      let usable = 0;
      for (let bit = 0; bit < sealerBytes.length * 8; bit++) {
        const flipped = Uint8Array.from(sealerBytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        let sealer: RootSealer;
        try {
          sealer = openRootSealer(flipped);
        } catch (error) {
          expect(error).to.be.instanceOf(SealedBlobError);
          continue;
        }
        // RFC 7748 §5: the highest bit of a point means nothing; but the box is bound to the point as it is written.
        await expectRejection(
          made.wrapper.open(await sealer.seal(bytes('a secret'), place), place),
          SealedBlobError,
        );
        usable++;
      }
      expect(usable).to.equal((sealerBytes.length - 1) * 8);
      const sealer = openRootSealer(sealerBytes);
      await made.wrapper.open(await sealer.seal(bytes('a secret'), place), place);
    });

    it('refuses bytes of another length, and points of small order', async () => {
      const sealerBytes = exported(made.wrapper);
      for (const other of [
        new Uint8Array(0),
        sealerBytes.subarray(1),
        Buffer.concat([sealerBytes, sealerBytes]),
      ])
        expect(() => openRootSealer(other)).to.throw(SealedBlobError);
      for (const point of [0, 1]) {
        const small = Uint8Array.from(sealerBytes).fill(0, 1, 33);
        small[1] = point;
        await expectRejection(openRootSealer(small).seal(bytes('a secret'), place), SealedBlobError);
      }
    });

    it('neither shows its keys nor keeps them when it is closed', async () => {
      const sealer = openRootSealer(exported(made.wrapper));
      expect(JSON.stringify(sealer)).to.equal('"[redacted]"');
      await sealer.seal(bytes('a secret'), place);
      sealer.close();
      await expectRejection(sealer.seal(bytes('a secret'), place), UnavailableError);
    });
  });
}
