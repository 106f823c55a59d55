// An issuer signs JWTs with a key that stays in a WebKMS server; whoever has the JWK Set verifies them with jose:
// node examples/signed-tokens.ts. docs/client-library.md explains it. Outside of this project the import is
// 'webkms-server/client', and the server is one that runs already.
import {generateKeyPairSync, sign} from 'node:crypto';
import {encode} from 'base58-universal';
import {createLocalJWKSet, jwtVerify, UnsecuredJWT, type JSONWebKeySet} from 'jose';
import {RemoteKms, signJws, toJwks, type Kms, type PublicKey, type RequestSigner} from '../lib/client-api.ts';
import {startOwnServer} from './quickstart/own-server.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Whose requests they are: an Ed25519 key pair, of which the public key is a DID. Keep the private key. */
function createIdentity(): RequestSigner {
  const {privateKey, publicKey} = generateKeyPairSync('ed25519');
  const raw = publicKey.export({format: 'raw-public'});
  const multibase = `z${encode(Buffer.concat([Buffer.of(0xed, 0x01), raw]))}`;
  return {
    id: `did:key:${multibase}#${multibase}`,
    sign: async ({data}) => sign(null, data, privateKey),
  };
}

/** jose makes the claims and the KMS signs: jose itself signs with no key that it does not hold. */
async function issue(kms: Kms, key: PublicKey, claims: UnsecuredJWT): Promise<string> {
  const payload = Buffer.from(claims.encode().split('.')[1] ?? '', 'base64url');
  return signJws(kms, key, {protectedHeader: {alg: 'ES256', typ: 'JWT'}, payload});
}

/** What everybody may have; tokens name the version of the key that they were signed with. */
function publish(keys: readonly PublicKey[]): JSONWebKeySet {
  return JSON.parse(JSON.stringify(toJwks(keys))) as JSONWebKeySet;
}

await using server = await startOwnServer();
const kms = await RemoteKms.createKeystore({serverUrl: server.url, signer: createIdentity()});
const {publicKey} = await kms.generateKeyPair('ecdsa-p256', {name: 'tokens'});
say(`Made a key of type ${publicKey.jwk.alg ?? ''}, which stays in the server`);

const claims = new UnsecuredJWT({role: 'admin'}).setIssuer('https://issuer.example').setExpirationTime('1h');
const token = await issue(kms, publicKey, claims);
const jwks = createLocalJWKSet(publish([publicKey]));
const {payload} = await jwtVerify(token, jwks, {issuer: 'https://issuer.example'});
say(`jose has verified the token from the JWK Set; role: ${String(payload['role'])}`);

const {currentVersion} = await kms.rotateKey('name:tokens');
const newKey = await kms.getPublicKey('name:tokens');
const newToken = await issue(kms, newKey, claims);
const bothKeys = createLocalJWKSet(publish([publicKey, newKey]));
await Promise.all([token, newToken].map((each) => jwtVerify(each, bothKeys)));
say(`Rotated to version ${currentVersion}: old tokens and new ones are verified by a JWK Set of both`);

const bent = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
await jwtVerify(bent, jwks).catch(() => say('A token that was changed is refused'));
await kms.destroy();
