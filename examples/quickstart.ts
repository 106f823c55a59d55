/**
 * The story of a WebKMS server, told by the clients that people use, against a server of its own:
 *
 *     npm run quickstart
 *
 * It is meant to be read, from top to bottom. Every request is printed as it goes over the wire; what prints it, and what
 * runs the server, is in `quickstart/`.
 */
import {diffieHellman, generateKeyPairSync, randomBytes, verify} from 'node:crypto';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {ZcapClient} from '@digitalbazaar/ezcap';
import {
  AsymmetricKey,
  CapabilityAgent,
  KeystoreAgent,
  KmsClient,
  type InvocationSigner,
} from '@digitalbazaar/webkms-client';
import {formatMultikey, parseMultikey} from './quickstart/multikey.ts';
import {Narrator} from './quickstart/narrator.ts';
import {startOwnServer} from './quickstart/own-server.ts';
import {watchExchanges} from './quickstart/watch-exchanges.ts';

const tell = new Narrator();

try {
  await runStory();
  tell.end();
} catch (error) {
  tell.failed(error);
  process.exitCode = 1;
}

async function runStory(): Promise<void> {
  await using server = await startOwnServer();
  watchExchanges((exchange) => tell.exchange(exchange));
  tell.title(`The story of a WebKMS server, told on ${server.url}, which lives as long as the story`);
  await story(server.url);
}

async function story(serverUrl: string): Promise<void> {
  tell.chapter('Three people make themselves a DID');
  tell.say(
    'Each makes an Ed25519 key pair; the public key is the DID. Nobody is asked, nothing is registered.',
  );
  const alice = await createPerson('Alice');
  const bob = await createPerson('Bob');
  const carol = await createPerson('Carol');

  tell.chapter('Alice creates a keystore');
  tell.say(
    'There are no accounts: the request is signed with the key of the DID that is to control the keystore.',
  );
  const keystore = await KmsClient.createKeystore({
    url: `${serverUrl}/kms/keystores`,
    config: {sequence: 0, controller: alice.did},
    invocationSigner: alice.signer,
  });
  const keystoreId = keystore.id;
  const kms = new KmsClient({keystoreId});

  tell.chapter('She has an Ed25519 key made in it');
  tell.say(
    'The private key is made in the server, and stays there. The public key gets a name of its own: a did:key.',
  );
  const {keyId, keyDescription} = await kms.generateKey({
    type: 'Ed25519VerificationKey2020',
    publicAliasTemplate: 'did:key:{publicKeyMultibase}#{publicKeyMultibase}',
    invocationSigner: alice.signer,
  });
  const publicKey = parseMultikey(keyDescription.publicKeyMultibase ?? '', 'ed25519');

  tell.chapter('She signs with it');
  const text = 'We, the undersigned, have pizza on Friday.';
  tell.say(`What she signs: "${text}"`);
  const data = Buffer.from(text);
  const signature = await kms.sign({keyId, data, invocationSigner: alice.signer});
  tell.check(
    'the signature verifies with node:crypto and the public key alone, without the server',
    verify(null, data, publicKey, signature),
  );

  tell.chapter('She delegates: Bob may sign with this key, for an hour, and do nothing else');
  tell.say(
    'A capability is a JSON document that Alice signs. It is made offline: the server learns of it when it is used.',
  );
  const rootCapability = `urn:zcap:root:${encodeURIComponent(keystoreId)}`;
  const capability = await new ZcapClient({
    SuiteClass: Ed25519Signature2020,
    delegationSigner: alice.signer,
  }).delegate({
    capability: rootCapability,
    invocationTarget: keyId,
    controller: bob.did,
    allowedActions: ['sign'],
    expires: new Date(Date.now() + 60 * 60 * 1000),
  });
  tell.show(capability);
  tell.say('With nothing but this document, Bob reads what the key is, and signs.');
  const bobsKey = await AsymmetricKey.fromCapability({capability, invocationSigner: bob.signer});
  const bobsSignature = await bobsKey.sign({data});
  tell.check('it is a signature by the same key', verify(null, data, publicKey, bobsSignature));
  tell.say('Verifying was not delegated to him.');
  await refused(bobsKey.verify({data, signature: bobsSignature}));

  tell.chapter('She revokes it');
  await kms.revokeCapability({capabilityToRevoke: capability, invocationSigner: alice.signer});
  tell.say('From the moment of that answer, Bob is refused.');
  await refused(bobsKey.sign({data}));

  tell.chapter('She hands the keystore to Carol');
  tell.say('No key moves and no key changes: the keystore gets another controller.');
  await kms.updateKeystore({
    config: {...keystore, sequence: keystore.sequence + 1, controller: carol.did},
    invocationSigner: alice.signer,
  });
  tell.say('From now on it is Alice who is refused. Carol signs, with the same key.');
  await refused(kms.sign({keyId, data, invocationSigner: alice.signer}));
  const carolsSignature = await kms.sign({keyId, data, invocationSigner: carol.signer});
  tell.check('it verifies with the public key of before', verify(null, data, publicKey, carolsSignature));

  tell.chapter('Carol wraps a key');
  tell.say('The key of an encrypted document is stored beside it, wrapped; only the keystore can unwrap it.');
  const agent = new KeystoreAgent({capabilityAgent: carol.agent, keystoreId, kmsClient: new KmsClient()});
  const kek = await agent.generateKey({type: 'kek'});
  const documentKey = randomBytes(32);
  const wrappedKey = await kek.wrapKey({unwrappedKey: documentKey});
  const unwrappedKey = await kek.unwrapKey({wrappedKey});
  tell.check('what was unwrapped is what was wrapped', documentKey.equals(unwrappedKey ?? randomBytes(32)));

  tell.chapter('She makes an index that tells nothing');
  tell.say(
    'The HMAC of a word is the same each time, and tells nothing about the word to anyone without the key.',
  );
  const hmac = await agent.generateKey({type: 'hmac'});
  const word = Buffer.from('pizza');
  const [first, second] = [
    await hmac.sign({data: word, useCache: false}),
    await hmac.sign({data: word, useCache: false}),
  ];
  tell.check('it is the same both times', Buffer.from(first).equals(second));

  tell.chapter('She agrees on a secret with a device');
  tell.say(
    'The device has an X25519 key pair; so has the keystore. Each needs only the public key of the other.',
  );
  const device = generateKeyPairSync('x25519');
  const agreement = await kms.generateKey({
    type: 'X25519KeyAgreementKey2020',
    invocationSigner: carol.signer,
  });
  const secret = await kms.deriveSecret({
    keyId: agreement.keyId,
    publicKey: {
      type: 'X25519KeyAgreementKey2020',
      publicKeyMultibase: formatMultikey(device.publicKey, 'x25519'),
    },
    invocationSigner: carol.signer,
  });
  const devicesSecret = diffieHellman({
    privateKey: device.privateKey,
    publicKey: parseMultikey(agreement.keyDescription.publicKeyMultibase ?? '', 'x25519'),
  });
  tell.check('the device computes the same secret by itself', devicesSecret.equals(secret));
}

interface Person {
  readonly did: string;
  /** What signs requests and delegations. */
  readonly signer: InvocationSigner;
  readonly agent: CapabilityAgent;
}

/** Somebody with a did:key. Whoever has the secret again has the same DID again. */
async function createPerson(name: string): Promise<Person> {
  const agent = await CapabilityAgent.fromSecret({secret: randomBytes(32), handle: name});
  tell.introduce(name, agent.id);
  return {did: agent.id, signer: agent.getSigner(), agent};
}

/** For what the server has to refuse: that it does not is a failure. */
async function refused(attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 403) return;
    throw error;
  }
  throw new Error('The server accepted what it had to refuse.');
}
