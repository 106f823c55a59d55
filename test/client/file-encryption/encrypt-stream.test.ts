import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import {
  decryptStream,
  type DecryptStreamOptions,
  encryptStream,
  rewrapStream,
} from '../../../lib/client/file-encryption/encrypt-stream.ts';
import {EncryptedFileError} from '../../../lib/client/file-encryption/file-error.ts';
import {CHUNK_SIZE} from '../../../lib/client/file-encryption/file-header.ts';
import {OperationFailedError} from '../../../lib/errors.ts';
import {refused} from '../refused.ts';
import {MemoryKms} from './memory-kms.ts';

const SEALED_CHUNK = CHUNK_SIZE + 16;

describe('encrypted files', () => {
  const kms = new MemoryKms();

  const encrypt = async (plaintext: Uint8Array): Promise<Buffer> =>
    collect(encryptStream(kms, 'name:files', pieces(plaintext)));
  const decrypt = async (file: Uint8Array, options?: DecryptStreamOptions): Promise<Buffer> =>
    collect(decryptStream(kms, pieces(file), options));

  for (const length of [
    0,
    1,
    15,
    16,
    CHUNK_SIZE - 1,
    CHUNK_SIZE,
    CHUNK_SIZE + 1,
    16 * CHUNK_SIZE,
    17 * CHUNK_SIZE + 5,
  ]) {
    it(`come back as they were: ${length} bytes`, async () => {
      const plaintext = randomBytes(length);
      const file = await encrypt(plaintext);
      expect((await decrypt(file)).equals(plaintext)).to.equal(true);
      const {start} = layout(file);
      const chunks = Math.max(1, Math.ceil(length / CHUNK_SIZE));
      expect(file.length).to.equal(start + length + 16 * chunks);
    });
  }

  it('come back however their bytes arrive', async () => {
    const plaintext = randomBytes(CHUNK_SIZE + 100);
    const file = await encrypt(plaintext);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9000), {minLength: 1, maxLength: 50}).map((sizes) => [...sizes, 5000]),
        async (sizes) => {
          const opened = await collect(decryptStream(kms, pieces(file, sizes)));
          expect(opened.equals(plaintext)).to.equal(true);
        },
      ),
      {numRuns: 50},
    );
  });

  it('say which key they need, and hold nothing of what they hide', async () => {
    const plaintext = Buffer.alloc(200_000, 'the quick brown fox ');
    const file = await encrypt(plaintext);
    let named: string | undefined;
    await decrypt(file, {onHeader: ({key}) => (named = key)});
    expect(named).to.equal(kms.kid);
    expect(file.includes('quick brown')).to.equal(false);
    expect((await encrypt(plaintext)).equals(file), 'twice the same').to.equal(false);
  });

  it('leave no data key behind', async () => {
    kms.given.length = 0;
    await decrypt(await encrypt(randomBytes(10)));
    expect(kms.given).to.have.lengthOf(2);
    for (const dataKey of kms.given) expect(Buffer.from(dataKey)).to.deep.equal(Buffer.alloc(32));
  });

  it('do not open where any bit is flipped', async () => {
    const file = await encrypt(randomBytes(CHUNK_SIZE + 50));
    await fc.assert(
      fc.asyncProperty(fc.integer({min: 0, max: file.length * 8 - 1}), async (bit) => {
        // In the key's URL a bit says which key to ask for, and this KMS has but one.
        const {keyStart, keyEnd} = layout(file);
        fc.pre(bit < keyStart * 8 || bit >= keyEnd * 8);
        await expectRefusal(decrypt(flipped(file, bit)));
      }),
      {numRuns: 300},
    );
    expect((await decrypt(file)).length).to.equal(CHUNK_SIZE + 50);
  });

  it('do not open where they were cut off anywhere', async () => {
    const file = await encrypt(randomBytes(3 * CHUNK_SIZE));
    const {start} = layout(file);
    const ends = [0, 1, 7, 8, 11, 12, 13, start - 1, start, start + 1, start + 16, start + SEALED_CHUNK];
    for (const end of [...ends, start + 2 * SEALED_CHUNK, start + 2 * SEALED_CHUNK + 16, file.length - 1]) {
      await expectRefusal(decrypt(file.subarray(0, end)), `${end} bytes`);
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({min: 0, max: file.length - 1}), async (end) =>
        expectRefusal(decrypt(file.subarray(0, end))),
      ),
      {numRuns: 100},
    );
  });

  it('do not open with something at the end', async () => {
    const file = await encrypt(randomBytes(CHUNK_SIZE));
    for (const more of [Buffer.of(0), randomBytes(16), randomBytes(SEALED_CHUNK)]) {
      await expectRefusal(decrypt(Buffer.concat([file, more])));
    }
  });

  it('do not open with chunks exchanged, repeated, left out, or of another file', async () => {
    const file = await encrypt(randomBytes(3 * CHUNK_SIZE));
    const other = await encrypt(randomBytes(3 * CHUNK_SIZE));
    const {start} = layout(file);
    const header = file.subarray(0, start);
    const chunk = (n: number, of = file): Buffer =>
      of.subarray(layout(of).start + n * SEALED_CHUNK, layout(of).start + (n + 1) * SEALED_CHUNK);
    const built = (...chunks: Buffer[]): Promise<Buffer> => decrypt(Buffer.concat([header, ...chunks]));
    expect((await built(chunk(0), chunk(1), chunk(2))).length).to.equal(3 * CHUNK_SIZE);
    await expectRefusal(built(chunk(1), chunk(0), chunk(2)), 'exchanged');
    await expectRefusal(built(chunk(0), chunk(2), chunk(1)), 'last exchanged');
    await expectRefusal(built(chunk(0), chunk(0), chunk(1), chunk(2)), 'repeated');
    await expectRefusal(built(chunk(0), chunk(2)), 'left out');
    await expectRefusal(built(chunk(1), chunk(2)), 'first left out');
    await expectRefusal(built(chunk(0), chunk(1, other), chunk(2)), 'of another file');
    await expectRefusal(built(), 'none');
  });

  it('do not open with another size of chunks, or another data key', async () => {
    const file = await encrypt(randomBytes(10));
    const [json, rest] = split(file);
    const header = JSON.parse(json) as Record<string, unknown>;
    const withHeader = (members: object): Buffer => join(JSON.stringify({...header, ...members}), rest);
    expect((await decrypt(withHeader({}))).length).to.equal(10);
    await expectRefusal(decrypt(withHeader({chunkSize: CHUNK_SIZE - 1})));
    const {ciphertext} = await kms.generateDataKey('', {additionalData: Buffer.from('webkms file v1')});
    await expectRefusal(decrypt(withHeader({dataKey: ciphertext})));
    const text = await kms.generateDataKey('');
    const failure = await refused(decrypt(withHeader({dataKey: text.ciphertext})));
    expect(failure, 'a text is no data key').to.be.instanceOf(OperationFailedError);
  });

  it('are refused with a header that is none', async () => {
    const [json, rest] = split(await encrypt(randomBytes(10)));
    const {key, dataKey, chunkSize} = JSON.parse(json) as Record<string, unknown>;
    const headers = [
      '',
      'null',
      '[]',
      '{}',
      '"x"',
      '{',
      JSON.stringify({key, dataKey}),
      JSON.stringify({key, dataKey, chunkSize, more: 1}),
      JSON.stringify({key: 1, dataKey, chunkSize}),
      JSON.stringify({key, dataKey: null, chunkSize}),
      ...[0, -1, 1.5, 2 ** 20 + 1, '65536'].map((size) => JSON.stringify({key, dataKey, chunkSize: size})),
      `${json.slice(0, -1)},"chunkSize":65536}`,
      '{"__proto__":{}}',
    ];
    for (const header of headers) await expectRefusal(decrypt(join(header, rest)), header);
    const long = join(json, rest);
    long.writeUInt32BE(16_385, 8);
    await expectRefusal(decrypt(long));
    await expectRefusal(decrypt(Buffer.from('-----BEGIN PGP MESSAGE-----')));
  });

  it('can be given to the newest version of their key, as they are', async () => {
    const plaintext = randomBytes(2 * CHUNK_SIZE);
    const file = await encrypt(plaintext);
    kms.current = 2;
    const rewrapped = await collect(rewrapStream(kms, pieces(file)));
    kms.current = 1;
    expect(split(rewrapped)[0]).to.include('webkms:v2:');
    expect(split(rewrapped)[1].equals(split(file)[1])).to.equal(true);
    expect((await decrypt(rewrapped)).equals(plaintext)).to.equal(true);
  });

  it('end as their source does, and let go of it', async () => {
    let released = false;
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        yield randomBytes(10);
        throw new Error('the disk has gone');
      } finally {
        released = true;
      }
    };
    const failure = await refused(collect(encryptStream(kms, '', source())));
    expect(failure.message).to.equal('the disk has gone');
    expect(released).to.equal(true);
  });
});

/** Where the chunks start, and where the key's URL is. */
function layout(file: Buffer): {start: number; keyStart: number; keyEnd: number} {
  const start = 12 + file.readUInt32BE(8);
  const keyStart = file.indexOf('"https:') + 1;
  return {start, keyStart, keyEnd: file.indexOf('"', keyStart)};
}

function split(file: Buffer): [json: string, chunks: Buffer] {
  const {start} = layout(file);
  return [file.toString('utf8', 12, start), file.subarray(start)];
}

function join(json: string, chunks: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(json));
  return Buffer.concat([Buffer.from('webkms1\n'), length, Buffer.from(json), chunks]);
}

function flipped(file: Buffer, bit: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

async function* pieces(bytes: Uint8Array, sizes: readonly number[] = [100_000]): AsyncGenerator<Uint8Array> {
  for (let offset = 0, i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 0;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const collected: Buffer[] = [];
  for await (const piece of stream) collected.push(piece);
  return Buffer.concat(collected);
}

/** By the file's own checks, or by the KMS that its data key does not open with. */
async function expectRefusal(promise: Promise<unknown>, what?: string): Promise<void> {
  const error = await refused(promise);
  expect(
    error instanceof EncryptedFileError || error instanceof OperationFailedError,
    what ?? String(error),
  ).to.equal(true);
}
