import {createHash} from 'node:crypto';
import {encode} from 'cborg';
import {expect} from 'chai';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {hex, secretKey} from './known-key.ts';

const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});

const toHex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

describe('RFC vectors through the software key module', () => {
  describe('RFC 8032 §7.1 (Ed25519)', () => {
    for (const [name, secret, publicKey, data, signature] of [
      [
        'TEST 1',
        '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ],
      [
        'TEST 2',
        '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
      ],
      [
        'TEST 3',
        'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      ],
      [
        'TEST SHA(abc)',
        '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
        'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
        createHash('sha512').update('abc').digest('hex'),
        'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
      ],
    ] as const) {
      it(name, async () => {
        const key = await secretKey(module, 'Ed25519VerificationKey2020', hex(secret));
        expect(toHex(key.publicKey)).to.equal(publicKey);
        expect(toHex(await module.sign(key, hex(data)))).to.equal(signature);
        expect(await module.verify(key, hex(data), hex(signature))).to.equal(true);
      });
    }
  });

  describe('RFC 7748 (X25519)', () => {
    const derive = async (scalar: string, u: string) => {
      const key = await secretKey(module, 'X25519KeyAgreementKey2020', hex(scalar));
      return toHex(await module.deriveSecret(key, hex(u)));
    };

    it('§5.2, single', async () => {
      expect(
        await derive(
          'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
          'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        ),
      ).to.equal('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552');
      expect(
        await derive(
          '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
          'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        ),
      ).to.equal('95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957');
    });

    it('§5.2, iterated once and 1,000 times', async () => {
      let [k, u] = ['09'.padEnd(64, '0'), '09'.padEnd(64, '0')];
      [k, u] = [await derive(k, u), k];
      expect(k).to.equal('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
      for (let i = 1; i < 1000; i++) [k, u] = [await derive(k, u), k];
      expect(k).to.equal('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
    });

    it('§6.1, Diffie-Hellman', async () => {
      const a = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
      const b = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb';
      const publicA = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a';
      const publicB = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
      const alice = await secretKey(module, 'X25519KeyAgreementKey2020', hex(a));
      const bob = await secretKey(module, 'X25519KeyAgreementKey2020', hex(b));
      expect([toHex(alice.publicKey), toHex(bob.publicKey)]).to.deep.equal([publicA, publicB]);
      const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
      expect(await derive(a, publicB)).to.equal(shared);
      expect(await derive(b, publicA)).to.equal(shared);
    });
  });

  describe('RFC 3394 §4 (AES Key Wrap, 256 bit KEK)', () => {
    const data = '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f';
    for (const [name, length, wrapped] of [
      ['4.3', 16, '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7'],
      ['4.5', 24, 'a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1'],
      ['4.6', 32, '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21'],
    ] as const) {
      it(name, async () => {
        const kek = Buffer.from(Array.from({length: 32}, (_, i) => i));
        const key = await secretKey(module, 'AesKeyWrappingKey2019', kek);
        const unwrapped = hex(data).subarray(0, length);
        expect(toHex(await module.wrapKey(key, unwrapped))).to.equal(wrapped);
        expect(toHex(await module.unwrapKey(key, hex(wrapped)))).to.equal(unwrapped.toString('hex'));
      });
    }
  });

  describe('RFC 4231 §4 (HMAC-SHA-256)', () => {
    const repeat = (byte: number, length: number) => Buffer.alloc(length, byte);
    // HMAC pads short keys with zeros and hashes those longer than a block (RFC 2104 §2), so each has a 32 byte equal.
    const equal = (key: Buffer) =>
      key.length > 64
        ? createHash('sha256').update(key).digest()
        : Buffer.concat([key, Buffer.alloc(32 - key.length)]);
    for (const [name, secret, data, tag] of [
      [
        '4.2',
        repeat(0x0b, 20),
        Buffer.from('Hi There'),
        'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      ],
      [
        '4.3',
        Buffer.from('Jefe'),
        Buffer.from('what do ya want for nothing?'),
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      ],
      [
        '4.4',
        repeat(0xaa, 20),
        repeat(0xdd, 50),
        '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
      ],
      [
        '4.5',
        hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
        repeat(0xcd, 50),
        '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
      ],
      [
        '4.6 (first 128 bits)',
        repeat(0x0c, 20),
        Buffer.from('Test With Truncation'),
        'a3b6167473100ee06e0c796c2955552b',
      ],
      [
        '4.7',
        repeat(0xaa, 131),
        Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
        '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
      ],
      [
        '4.8',
        repeat(0xaa, 131),
        Buffer.from(
          'This is a test using a larger than block-size key and a larger than block-size data. ' +
            'The key needs to be hashed before being used by the HMAC algorithm.',
        ),
        '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
      ],
    ] as const) {
      it(name, async () => {
        const key = await secretKey(module, 'Sha256HmacKey2019', equal(secret));
        const actual = toHex(await module.sign(key, data));
        expect(actual.slice(0, tag.length)).to.equal(tag);
        expect(await module.verify(key, data, hex(actual))).to.equal(true);
      });
    }
  });

  it('draft-irtf-cfrg-bbs-signatures, single message signature with BLS12-381-SHA-256', async () => {
    const key = await secretKey(
      module,
      'urn:webkms:multikey:BBS-BLS12-381-SHA-256',
      hex('60e55110f76883a13d030b2f6bd11883422d5abde717569fc0731f51237169fc'),
    );
    expect(toHex(key.publicKey)).to.equal(
      'a820f230f6ae38503b86c70dc50b61c58a77e45c39ab25c0652bbaa8fa136f2851bd4781c9dcde39fc9d1d52c9e60268' +
        '061e7d7632171d91aa8d460acee0e96f1e7c4cfb12d3ff9ab5d5dc91c277db75c845d649ef3c4f63aebc364cd55ded0c',
    );
    const message = hex('9872ad089e452c7b6e283dfac2a80d58e8d0ff71cc4d5e310a1debdda4a45f02');
    const data = encode([hex('11223344556677889900aabbccddeeff'), [message]]);
    const signature =
      '84773160b824e194073a57493dac1a20b667af70cd2352d8af241c77658da5253aa8458317cca0eae615690d55b1f271' +
      '64657dcafee1d5c1973947aa70e2cfbb4c892340be5969920d0916067b4565a0';
    expect(toHex(await module.sign(key, data))).to.equal(signature);
    expect(await module.verify(key, data, hex(signature))).to.equal(true);
  });
});
