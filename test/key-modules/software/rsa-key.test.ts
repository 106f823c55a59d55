import {checkPrimeSync, createPrivateKey, generatePrimeSync, randomBytes} from 'node:crypto';
import {invert} from '@noble/curves/abstract/modular.js';
import {expect} from 'chai';
import {InternalError, MalformedRequestError} from '../../../lib/errors.ts';
import {readDerIntegers} from '../../../lib/key-modules/software/algorithms/der-integers.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import type {KeyType} from '../../../lib/keys/key-types.ts';
import {newKey, rejection} from '../fixtures.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';
import {derElement, derInteger, derIntegers} from './der-writer.ts';
import {publicKey, secretKey} from './known-key.ts';

const RSA_2048 = 'urn:webkms:multikey:RSA-2048';
const RSA_3072 = 'urn:webkms:multikey:RSA-3072';
const E = 65_537n;

/** An RSAPrivateKey's numbers, all made from its primes unless they are given. */
interface Numbers {
  readonly p: bigint;
  readonly q: bigint;
  readonly version?: bigint;
  readonly n?: bigint;
  readonly e?: bigint;
  readonly d?: bigint;
  readonly dP?: bigint;
  readonly dQ?: bigint;
  readonly qInv?: bigint;
}

function numbersOf({p, q, version = 0n, n = p * q, e = E, ...given}: Numbers) {
  const {d = invert(e, (p - 1n) * (q - 1n))} = given;
  const {dP = d % (p - 1n), dQ = d % (q - 1n), qInv = invert(q % p, p)} = given;
  return [version, n, e, d, p, q, dP, dQ, qInv] as const;
}

const pkcs1 = (numbers: Numbers): Buffer => derIntegers(...numbersOf(numbers));

/** A prime of `bits` bits whose two highest are set, and which fits `e`. */
function prime(bits: number, e = E): bigint {
  for (;;) {
    const candidate = generatePrimeSync(bits, {bigint: true});
    if (candidate >> BigInt(bits - 2) === 3n && (candidate - 1n) % e !== 0n) return candidate;
  }
}

function nextPrime(from: bigint): bigint {
  for (let candidate = from + 2n; ; candidate += 2n) {
    if (
      candidate % 3n !== 0n &&
      candidate % 5n !== 0n &&
      (candidate - 1n) % E !== 0n &&
      checkPrimeSync(candidate)
    )
      return candidate;
  }
}

/** k·M + (65,537^a mod M), where M is the product of the first 126 primes: of 1,024 bits, as CVE-2017-15361 has them. */
function rocaPrime(): bigint {
  let product = 2n;
  for (let factors = 1, candidate = 3n; factors < 126; candidate += 2n) {
    if (!checkPrimeSync(candidate)) continue;
    product *= candidate;
    factors++;
  }
  const highest = 3n << 1022n;
  for (let power = E ** 50n % product; ; power = (power * E) % product) {
    const multiple = highest / product + 1n + BigInt(randomBytes(5).readUIntBE(0, 5));
    const candidate = multiple * product + power;
    if (checkPrimeSync(candidate)) return candidate;
  }
}

describe('software key module: RSA keys', () => {
  const module = new SoftwareKeyModule({wrappers: new MemoryWrappers()});
  after(() => module.close());
  const [p, q] = [prime(1024), prime(1024)];
  const lambda = ((p - 1n) * (q - 1n)) / 2n;
  const d = invert(E, lambda);

  async function expectRefused(type: KeyType, secret: Buffer, cause: RegExp): Promise<void> {
    const error = await rejection(secretKey(module, type, secret));
    expect(error).to.be.instanceOf(MalformedRequestError);
    expect(error.message).to.equal(`This is not the secret of a key of type ${type}.`);
    expect((error.cause as Error).message).to.match(cause);
  }

  const taken: Readonly<Record<string, () => Numbers>> = {
    'as it is': () => ({p, q}),
    'its primes the other way': () => ({p: q, q: p}),
    'd by the smaller modulus': () => ({p, q, d}),
    'd by the larger modulus': () => ({p, q, d: d + lambda}),
  };
  for (const [name, numbers] of Object.entries(taken)) {
    it(`takes a key ${name}, and works with it`, async () => {
      const secret = pkcs1(numbers());
      const key = await secretKey(module, RSA_2048, secret);
      const data = Buffer.from('data');
      expect(await module.verify(key, data, await module.sign(key, data))).to.equal(true);
      const ciphertext = await module.encrypt(key, data);
      expect(Buffer.from((await module.decrypt(key, ciphertext))!)).to.deep.equal(data);
      expect(Buffer.from(await module.exportKey(key)).equals(secret)).to.equal(true);
    });
  }

  it('takes what node:crypto exports', async () => {
    const secret = createPrivateKey({key: pkcs1({p, q}), format: 'der', type: 'pkcs1'}).export({
      format: 'der',
      type: 'pkcs1',
    });
    expect((await secretKey(module, RSA_2048, secret)).publicKey).to.have.length(270);
  });

  const refused: Readonly<Record<string, readonly [() => Numbers, RegExp]>> = {
    'another modulus': [() => ({p, q, n: p * q + 2n}), /n = p·q/],
    'd of another key': [() => ({p, q, d: d + 2n, dP: d % (p - 1n), dQ: d % (q - 1n)}), /d·e ≡ 1/],
    'd that fits p alone': [() => ({p, q, d: d + (p - 1n), dP: d % (p - 1n), dQ: d % (q - 1n)}), /d·e ≡ 1/],
    'd that fits q alone': [() => ({p, q, d: d + (q - 1n), dP: d % (p - 1n), dQ: d % (q - 1n)}), /d·e ≡ 1/],
    'd as large as n': [() => ({p, q, d: d + lambda * 4n}), /d < n/],
    'a changed dP': [() => ({p, q, dP: (d % (p - 1n)) + 1n}), /dP ≡ d/],
    'dP that was not reduced': [() => ({p, q, dP: (d % (p - 1n)) + (p - 1n) * 2n}), /dP ≡ d/],
    'a changed dQ': [() => ({p, q, dQ: (d % (q - 1n)) ^ 2n}), /dQ ≡ d/],
    'dQ that was not reduced': [() => ({p, q, dQ: (d % (q - 1n)) + (q - 1n) * 2n}), /dQ ≡ d/],
    'qInv that was not reduced': [() => ({p, q, qInv: invert(q % p, p) + p}), /qInv/],
    'a changed qInv': [() => ({p, q, qInv: invert(q % p, p) ^ 1n}), /qInv/],
    'its primes the other way, and qInv as it was': [() => ({p: q, q: p, qInv: invert(q % p, p)}), /qInv/],
    'the exponent 3': [() => ({p: prime(1024, 3n), q: prime(1024, 3n), e: 3n}), /exponent must be 65537/],
    'the exponent 65539': [() => ({p, q, e: 65_539n}), /exponent must be 65537/],
    'the version of more than two primes': [() => ({p, q, version: 1n}), /two primes/],
    'a modulus of 2047 bits': [() => ({p: prime(1024), q: prime(1023)}), /2048 bits/],
    'a modulus of 2056 bits': [() => ({p: prime(1032), q: prime(1024)}), /2048 bits/],
    'a modulus of 1024 bits': [() => ({p: prime(512), q: prime(512)}), /2048 bits/],
    'primes of different length': [() => ({p: prime(1048), q: prime(1000)}), /half as long/],
    'primes that a smart card made with too little chance': [
      () => ({p: rocaPrime(), q: rocaPrime()}),
      /made by chance/,
    ],
    'primes next to each other': [() => ({p, q: nextPrime(p)}), /far from each other/],
  };
  for (const [name, [numbers, cause]] of Object.entries(refused)) {
    it(`refuses a key with ${name}`, async () => {
      await expectRefused(RSA_2048, pkcs1(numbers()), cause);
      expect(await secretKey(module, RSA_2048, pkcs1({p, q}))).to.have.property('publicKey');
    });
  }

  it('refuses a key of three primes that looks like one of two', async () => {
    const [r, s] = [prime(512), prime(512)];
    const private2 = invert(E, (r - 1n) * (s - 1n) * (q - 1n));
    // All equations can hold of r·s but those of p − 1, which d was not made for.
    await expectRefused(RSA_2048, pkcs1({p: r * s, q, d: private2}), /d·e ≡ 1/);
    await expectRefused(RSA_2048, pkcs1({p: r * s, q}), /not prime/);
    await expectRefused(RSA_2048, pkcs1({p: q, q: r * s}), /not prime/);
  });

  it('refuses what is not strict DER of an RSAPrivateKey', async () => {
    const good = pkcs1({p, q});
    const numbers = numbersOf({p, q});
    const sequence = (...parts: readonly Uint8Array[]) => derElement(0x30, Buffer.concat(parts));
    const bad = [
      Buffer.alloc(0),
      randomBytes(1190),
      Buffer.concat([good, Buffer.of(0)]),
      good.subarray(0, -1),
      derIntegers(...numbers.slice(0, 8)),
      derIntegers(...numbers, 1n),
      derIntegers(numbers[1], numbers[2]),
      sequence(...numbers.slice(0, 8).map(derInteger), derElement(0x04, Buffer.of(1))),
      sequence(derElement(0x02, Buffer.of(0, 0)), ...numbers.slice(1).map(derInteger)),
      createPrivateKey({key: good, format: 'der', type: 'pkcs1'}).export({format: 'der', type: 'pkcs8'}),
      Buffer.from(
        createPrivateKey({key: good, format: 'der', type: 'pkcs1'}).export({format: 'pem', type: 'pkcs1'}),
      ),
    ];
    for (const secret of bad) await expectRefused(RSA_2048, secret, /two primes/);
    expect(await secretKey(module, RSA_2048, good)).to.have.property('publicKey');
  });

  it('refuses a key of another size', async () => {
    const [larger, good] = [pkcs1({p: prime(1536), q: prime(1536)}), pkcs1({p, q})];
    await expectRefused(RSA_2048, larger, /2048 bits/);
    await expectRefused(RSA_3072, good, /3072 bits/);
    expect((await secretKey(module, RSA_3072, larger)).publicKey).to.have.length(398);
  });

  it('makes keys that it would take itself', async () => {
    const key = await newKey(module, RSA_2048);
    const [, , e, , first] = readDerIntegers(await module.exportKey(key), 9) ?? [];
    expect(Buffer.from(e ?? []).toString('hex')).to.equal('010001');
    expect(first).to.have.length(128);
  });

  it('uses no stored public key that is not of the type', async () => {
    const n = p * q;
    const data = Buffer.from('data');
    const rows = [
      derIntegers(n, 3n),
      derIntegers(n, E, 1n),
      derIntegers(n),
      derIntegers(prime(1536) * prime(1536), E),
      derIntegers(n >> 1n, E),
      Buffer.concat([derIntegers(n, E), Buffer.of(0)]),
      Buffer.alloc(270),
    ];
    for (const raw of rows) {
      const key = publicKey(RSA_2048, raw);
      expect(await rejection(module.verify(key, data, Buffer.alloc(256)))).to.be.instanceOf(InternalError);
      expect(await rejection(module.encrypt(key, data))).to.be.instanceOf(InternalError);
    }
    const good = publicKey(RSA_2048, derIntegers(n, E));
    expect(await module.verify(good, data, Buffer.alloc(256))).to.equal(false);
    expect(await module.encrypt(good, data)).to.have.length(256);
  });
});
