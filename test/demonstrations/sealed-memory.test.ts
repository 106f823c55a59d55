import {createPrivateKey, generateKeyPairSync, randomBytes} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {freePort} from '../crash/free-port.ts';
import {ServerProcess} from '../crash/server-process.ts';
import {keyProcessOf} from '../isolation/key-process-of.ts';
import {createPeer} from '../official-clients/independent-keys.ts';
import {admin} from '../support/admin-command.ts';
import {skipFor} from '../support/missing-program.ts';
import {RawClient} from '../support/raw-client.ts';
import {signedRequest, type WireRequest} from '../support/signed-request.ts';
import {importKeys} from './known-keys.ts';
import {keysAbove} from './keys-in-store.ts';
import {generating, inParallel, OWNER} from './population.ts';
import {inMemory} from './process-memory.ts';

const KEYS = 100;
const KEY_TYPES_WITH_RSA_EVERY = 10;
const PATIENCE_MS = 60_000;

const below = (length: number, first: number): Buffer => {
  const scalar = randomBytes(length);
  scalar[0] = first;
  return scalar;
};

/** Of BBS the library for it leaves copies in memory that was freed (docs/considerations.md). */
const MAKERS: readonly (readonly [KeyType, () => Buffer])[] = [
  ['Ed25519VerificationKey2020', () => randomBytes(32)],
  ['urn:webkms:multikey:P-256', () => below(32, 1)],
  ['urn:webkms:multikey:P-384', () => below(48, 1)],
  ['urn:webkms:multikey:secp256k1', () => below(32, 1)],
  ['urn:webkms:multikey:X25519', () => randomBytes(32)],
  ['urn:webkms:multikey:ML-DSA-44', () => randomBytes(32)],
  ['urn:webkms:symmetric:AES-256-GCM', () => randomBytes(32)],
  ['Sha256HmacKey2019', () => randomBytes(32)],
  ['AesKeyWrappingKey2019', () => randomBytes(32)],
];

function rsaKey(): Buffer {
  const encoding = {type: 'pkcs1', format: 'der'} as const;
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: encoding,
    privateKeyEncoding: encoding,
  }).privateKey;
}

/** What gives an RSA key away: each of its secret numbers. */
function numbersOf(der: Buffer): readonly Buffer[] {
  const jwk = createPrivateKey({key: der, format: 'der', type: 'pkcs1'}).export({format: 'jwk'});
  return ['d', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => Buffer.from(String(jwk[name]), 'base64url'));
}

/** Uses the private key. */
function using(type: KeyType, url: string): WireRequest {
  const [action, members] = type.endsWith('X25519')
    ? ['deriveSecret', {publicKey: {type: 'Multikey', publicKeyMultibase: peer}}]
    : type.endsWith('GCM')
      ? ['encrypt', {plaintext: 'AAAA'}]
      : type.startsWith('Aes')
        ? ['wrapKey', {unwrappedKey: Buffer.alloc(32).toString('base64url')}]
        : type.includes('RSA')
          ? // Of a digest: in a thread, which gets the key.
            ['sign', {digest: Buffer.alloc(32).toString('base64url'), hashAlgorithm: 'SHA-256'}]
          : ['sign', {verifyData: 'AAAA'}];
  const operation = `${action[0]?.toUpperCase() ?? ''}${action.slice(1)}Operation`;
  const json = {type: operation, invocationTarget: url, ...(members as object)};
  return signedRequest({url, json, action: action, signer: OWNER});
}

const peer = createPeer('urn:webkms:multikey:X25519').publicKeyMultibase;

describe('keys in the memory of a server that is sealed', function () {
  this.timeout(300_000);
  let dataDir: string;
  let server: ServerProcess | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'webkms-sealed-'));
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await rm(dataDir, {recursive: true, force: true});
  });

  for (const isolation of ['process', 'none']) {
    it(`are none of ${KEYS} that it had open, nor its root, root keys and data keys: WEBKMS_ISOLATION=${isolation}`, async function () {
      if (process.platform !== 'linux' || process.getuid?.() !== 0)
        skipFor(this, 'the memory of other processes is read by root, on Linux');
      const port = await freePort();
      const environment = {
        WEBKMS_BASE_URL: `https://localhost:${port}`,
        WEBKMS_LISTEN: `127.0.0.1:${port}`,
        WEBKMS_DATA_DIR: dataDir,
        WEBKMS_ISOLATION: isolation,
      };
      const keys = Array.from({length: KEYS}, (_, i) => {
        const [type, make] = MAKERS[i % MAKERS.length]!;
        return i % KEY_TYPES_WITH_RSA_EVERY === 0
          ? {type: 'urn:webkms:multikey:RSA-2048' as const, secret: rsaKey()}
          : {type, secret: make()};
      });
      const urls = await importKeys(environment, keys);
      server = await ServerProcess.start({dataDir, port, environment});
      const pid = isolation === 'process' ? await keyProcessOf(server.pid) : server.pid;
      const useAll = async (): Promise<void> => {
        const clients = Array.from({length: 8}, () => new RawClient({port, ca: server?.ca}));
        await inParallel(clients, 3 * KEYS, async (client, i) => {
          const {status, text} = await client.send(using(keys[i % KEYS]!.type, urls[i % KEYS]!));
          expect(status, text).to.equal(200);
        });
        // What is made is not used, and open all the same for a moment.
        for (const client of clients) {
          expect((await client.send(generating(urls[0]!.replace(/\/keys\/.*/, '')))).status).to.equal(200);
          client.close();
        }
      };
      await useAll();

      const secrets = keys.flatMap(({type, secret}) =>
        (type.includes('RSA') ? numbersOf(secret) : [secret]).map((bytes) => ({name: type, bytes})),
      );
      // Nothing is sealed by the data key for audits.
      const above = (await keysAbove(dataDir)).filter(({name}) => name !== 'data key: audit');
      expect(above.map(({name}) => name)).to.include.members([
        ...['root', 'root: seal', 'root key', 'data key: key-material', 'data key: record-mac'],
      ]);
      const named = [...secrets, ...above];
      const all = named.map(({bytes}) => bytes);
      const missing = (): readonly string[] => {
        const {which} = inMemory(pid, all);
        return named.flatMap(({name}, i) => (which.has(i) ? [] : [name]));
      };
      expect(missing(), 'open').to.deep.equal([]);

      await admin(['seal'], {dataDir});
      const sealed = performance.now();
      let left = inMemory(pid, all);
      while (left.found > 0 && performance.now() - sealed < PATIENCE_MS) {
        await sleep(250);
        left = inMemory(pid, all);
      }
      console.log(
        `    ${all.length} of ${all.length} while it was open; sealed: ${left.found}, ${left.bytes} bytes searched`,
      );
      expect(left.found, 'sealed').to.equal(0);

      await admin(['unseal'], {dataDir});
      await useAll();
      expect(missing(), 'open again').to.deep.equal([]);
    });
  }
});
