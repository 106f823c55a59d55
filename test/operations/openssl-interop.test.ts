import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {MalformedRequestError} from '../../lib/errors.ts';
import {findNamedKeyType, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';
import {formatSpkiPem} from '../../lib/keys/public-key-codec/spki.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {software} from './fixtures.ts';
import {exportFrom, importKey, importRecord} from './import-export.ts';
import {needOpenssl} from '../support/openssl-program.ts';

const DATA = Buffer.from('data');
const named = (name: string): KeyTypeDescriptor => findNamedKeyType(name)!;

/** @returns what the program writes. */
function openssl(parameters: readonly string[], input?: Buffer): Buffer {
  const {status, stdout, stderr} = spawnSync('openssl', parameters, input ? {input} : {});
  if (status !== 0) throw new Error(`openssl ${parameters.join(' ')}: ${stderr.toString()}`);
  return stdout;
}

const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const ec = (curve: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const rsaPadding = [
  '-sigopt',
  'rsa_padding_mode:pss',
  '-sigopt',
  'rsa_pss_saltlen:digest',
  '-sigopt',
  'rsa_mgf1_md:sha256',
];

/** How it is made, and how a signature is checked. */
const KINDS: Readonly<Record<string, readonly [make: readonly string[], verify?: readonly string[]]>> = {
  ed25519: [['-algorithm', 'ED25519'], []],
  rsa2048: [RSA, ['-sha256', ...rsaPadding]],
  'ecdsa-p256': [ec('P-256'), ['-sha256']],
  'ecdsa-p384': [ec('P-384'), ['-sha384']],
  'ecdsa-p521': [ec('P-521'), ['-sha512']],
  'ecdsa-secp256k1': [ec('secp256k1'), ['-sha256']],
  'ecdh-p384': [ec('P-384')],
  x25519: [['-algorithm', 'X25519']],
};

describe('keys of the openssl program', function () {
  let directory: string;
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };

  before(function () {
    needOpenssl(this);
    directory = mkdtempSync(join(tmpdir(), 'webkms-test-'));
  });
  after(() => {
    if (directory) rmSync(directory, {recursive: true});
  });

  // Without that, older versions write keys of some algorithms in forms of their own.
  const generate = (make: readonly string[]) =>
    openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], openssl(['genpkey', ...make]));
  const dataOf = (der: Buffer) => ({format: 'pkcs8', data: der.toString('base64url')}) as const;

  for (const [name, [make, verify]] of Object.entries(KINDS)) {
    it(`${name}: imported, they are the same key, and what they sign there is verified`, async () => {
      const type = named(name);
      const pkcs8 = generate(make);
      const key = await importKey(type.name, dataOf(pkcs8));
      const {publicKey} = key.current();
      const pem = openssl(['pkey', '-inform', 'DER', '-pubout'], pkcs8).toString();
      expect(formatSpkiPem(type, publicKey!)).to.equal(pem);
      const {data = ''} = await exportFrom(key, {plaintext: true, format: 'pkcs8'});
      const exported = Buffer.from(data, 'base64url');
      expect(openssl(['pkey', '-inform', 'DER', '-pubout'], exported).toString()).to.equal(pem);
      if (!verify) return;
      const raw = await software.sign(key.current(), DATA);
      const signature = file('signature', name.startsWith('ecdsa') ? derSignature(raw) : raw);
      const [message, publicFile] = [file('data', DATA), file('public.pem', pem)];
      const check = [
        'pkeyutl',
        '-verify',
        '-rawin',
        '-pubin',
        '-inkey',
        publicFile,
        '-in',
        message,
        '-sigfile',
        signature,
      ];
      const digest = verify.flatMap((word) =>
        word.startsWith('-sha') ? ['-digest', word.slice(1)] : [word],
      );
      const options = digest.map((word) => (word === '-sigopt' ? '-pkeyopt' : word));
      expect(openssl([...check, ...options]).toString()).to.include('Signature Verified Successfully');
    });
  }

  it('that are encrypted, restricted to PSS, or have a curve as numbers, are refused', async () => {
    const pem = file('key.pem', openssl(['genpkey', ...ec('P-256')]));
    const encrypted = openssl([
      'pkcs8',
      '-topk8',
      '-in',
      pem,
      '-outform',
      'DER',
      '-passout',
      'pass:passphrase',
    ]);
    const pss = generate(['-algorithm', 'RSA-PSS', '-pkeyopt', 'rsa_keygen_bits:2048']);
    const explicit = generate([...ec('P-256'), '-pkeyopt', 'ec_param_enc:explicit']);
    const cases = [
      ['ecdsa-p256', encrypted, /is encrypted/],
      ['rsa2048', pss, /restricted to PSS/],
      ['ecdsa-p256', explicit, /another type/],
      ['ecdsa-p384', generate(ec('P-256')), /another type/],
    ] as const;
    for (const [name, der, message] of cases) {
      const error = await rejection(importRecord(named(name).name, dataOf(der)));
      expect(error).to.be.instanceOf(MalformedRequestError);
      expect(error.message).to.match(message);
    }
  });
});

/** r‖s as DER, the way OpenSSL has it. */
function derSignature(raw: Uint8Array): Buffer {
  const half = raw.length / 2;
  const integer = (bytes: Uint8Array) => {
    let magnitude = Buffer.from(bytes);
    while (magnitude.length > 1 && magnitude[0] === 0) magnitude = magnitude.subarray(1);
    if (magnitude[0]! >= 0x80) magnitude = Buffer.concat([Buffer.of(0), magnitude]);
    return Buffer.concat([Buffer.of(0x02, magnitude.length), magnitude]);
  };
  const content = Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))]);
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.of(0x30, ...length), content]);
}
