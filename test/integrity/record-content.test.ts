import {createHash} from 'node:crypto';
import {expect} from 'chai';
import {digestInTurns} from '../../lib/integrity/digest-in-turns.ts';
import {
  contentDigest,
  encodeContent,
  encodeKey,
  keyContent,
  keyDigest,
} from '../../lib/integrity/record-content.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';

function keyOf(versions: number): KeyRecord {
  return {
    keystoreId: 'https://kms.example/kms/keystores/z1',
    localKeyId: 'z2',
    ...{sequence: 7, type: 'Ed25519VerificationKey2020', createdAt: 1, updatedAt: 2},
    ...{origin: 'generated', state: 'enabled', tags: {name: 'ä€', b: '"]],'}},
    versions: Array.from({length: versions}, (_, index) => ({
      ...{version: index + 1, createdAt: index, state: index % 3 === 0 ? 'disabled' : 'enabled'},
      ...(index % 2 === 0 && {publicKey: Buffer.alloc(index, index)}),
      ...(index % 5 !== 0 && {material: Buffer.alloc(40, index), dataKeyVersionId: `v${index}`}),
      ...(index % 7 === 0 && {certificates: [Buffer.alloc(index, 1), Buffer.of(2)]}),
    })),
  };
}

describe('what the MAC of a key is over', () => {
  for (const versions of [1, 64, 65, 66, 130, 1000]) {
    it(`is the same bytes, of ${versions} versions, whether they are written at once or in turns`, async () => {
      const key = keyOf(versions);
      const before = ['webkms record v1', 'data "key" version'];
      const atOnce = encodeContent([...before, ...keyContent(key)]);
      expect(Buffer.compare(await encodeKey(before, key), atOnce)).to.equal(0);
      expect(await keyDigest(key)).to.equal(contentDigest(keyContent(key)));
    });
  }

  it('is hashed to the same digest in turns', async () => {
    for (const lengths of [[0], [1, 2], [262_143, 1], [262_143, 2], [4, 28, 262_144], [5, 1_000_000, 0, 7]]) {
      const parts = lengths.map((length, index) => Buffer.alloc(length, index + 1));
      const digest = createHash('sha256').update(Buffer.concat(parts)).digest('base64url');
      expect(await digestInTurns(parts)).to.equal(digest);
    }
  });
});
