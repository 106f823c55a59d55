import {expect} from 'chai';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import type {KeyType} from '../../lib/keys/key-types.ts';
import {decapsulate} from '../../lib/operations/decapsulate.ts';
import {decrypt} from '../../lib/operations/decrypt.ts';
import {deriveSecret} from '../../lib/operations/derive-secret.ts';
import {encapsulate} from '../../lib/operations/encapsulate.ts';
import {encrypt} from '../../lib/operations/encrypt.ts';
import {generateDataKey} from '../../lib/operations/generate-data-key.ts';
import {rewrap} from '../../lib/operations/rewrap.ts';
import {unwrapKey} from '../../lib/operations/unwrap-key.ts';
import {usableKey, type UsableKey} from '../../lib/operations/usable-key.ts';
import {wrapKey} from '../../lib/operations/wrap-key.ts';
import {rejection} from '../key-modules/fixtures.ts';
import {descriptionOf, generateRecord, software} from './fixtures.ts';

const AES = 'urn:webkms:symmetric:AES-256-GCM';
const plaintext = Buffer.alloc(32, 0xaa).toString('base64url');

/** A key whose module shows every buffer that it was given or gave, as it is later on. */
async function watchedKey(type: KeyType): Promise<{key: UsableKey; seen: Map<string, Uint8Array>}> {
  const seen = new Map<string, Uint8Array>();
  const module: KeyModule = Object.create(software, {
    encrypt: {
      value: async (...args: Parameters<KeyModule['encrypt']>) => {
        seen.set('encrypted', args[1]);
        return software.encrypt(...args);
      },
    },
    wrapKey: {
      value: async (...args: Parameters<KeyModule['wrapKey']>) => {
        seen.set('wrapped', args[1]);
        return software.wrapKey(...args);
      },
    },
    unwrapKey: {
      value: async (...args: Parameters<KeyModule['unwrapKey']>) => {
        const opened = await software.unwrapKey(...args);
        if (opened) seen.set('unwrapped', opened);
        return opened;
      },
    },
    decrypt: {
      value: async (...args: Parameters<KeyModule['decrypt']>) => {
        const opened = await software.decrypt(...args);
        if (opened) seen.set('decrypted', opened);
        return opened;
      },
    },
    encapsulate: {
      value: async (...args: Parameters<KeyModule['encapsulate']>) => {
        const made = await software.encapsulate(...args);
        seen.set('encapsulated', made.secret);
        return made;
      },
    },
    decapsulate: {
      value: async (...args: Parameters<KeyModule['decapsulate']>) => {
        const secret = await software.decapsulate(...args);
        seen.set('decapsulated', secret);
        return secret;
      },
    },
    deriveSecret: {
      value: async (...args: Parameters<KeyModule['deriveSecret']>) => {
        const secret = await software.deriveSecret(...args);
        seen.set('derived', secret);
        return secret;
      },
    },
  }) as KeyModule;
  return {key: usableKey(await generateRecord(type), module), seen};
}

function expectZero(seen: ReadonlyMap<string, Uint8Array>, ...names: readonly string[]): void {
  for (const name of names) {
    const bytes = seen.get(name);
    expect(bytes?.length, name).to.be.at.least(32);
    expect(
      bytes!.every((byte) => byte === 0),
      name,
    ).to.equal(true);
  }
}

describe('bytes of secrets are zero once an operation is done', () => {
  it('wrap, unwrap', async () => {
    const {key, seen} = await watchedKey('AesKeyWrappingKey2019');
    const {wrappedKey} = await wrapKey({unwrappedKey: plaintext}, key);
    expect(await unwrapKey({wrappedKey}, key)).to.deep.equal({unwrappedKey: plaintext});
    expectZero(seen, 'wrapped', 'unwrapped');
  });

  it('encrypt, decrypt, rewrap, generate a data key', async () => {
    const {key, seen} = await watchedKey(AES);
    const {ciphertext} = await encrypt({plaintext}, key);
    expectZero(seen, 'encrypted');
    expect(await decrypt({ciphertext}, key)).to.deep.equal({plaintext});
    expectZero(seen, 'decrypted');
    seen.clear();
    const rewrapped = await rewrap({ciphertext}, key);
    expectZero(seen, 'decrypted', 'encrypted');
    expect(await decrypt(rewrapped, key)).to.deep.equal({plaintext});
    seen.clear();
    const made = await generateDataKey({}, key);
    expectZero(seen, 'encrypted');
    expect(await decrypt({ciphertext: made.ciphertext}, key)).to.deep.equal({plaintext: made.plaintext});
  });

  it('rewrap, where sealing fails', async () => {
    const {key, seen} = await watchedKey(AES);
    const {ciphertext} = await encrypt({plaintext}, key);
    const failing: KeyModule = Object.create(key.module, {
      encrypt: {value: async () => Promise.reject(new Error('no'))},
    }) as KeyModule;
    await rejection(rewrap({ciphertext}, {...key, module: failing}));
    expectZero(seen, 'decrypted');
  });

  it('encapsulate, decapsulate, derive', async () => {
    const kem = await watchedKey('urn:webkms:multikey:ML-KEM-768');
    const {secret, ciphertext} = await encapsulate({}, kem.key);
    expect(await decapsulate({ciphertext}, kem.key)).to.deep.equal({secret});
    expectZero(kem.seen, 'encapsulated', 'decapsulated');
    const x25519 = await watchedKey('urn:webkms:multikey:X25519');
    const {type, publicKeyMultibase} = descriptionOf(await generateRecord('urn:webkms:multikey:X25519'));
    await deriveSecret({publicKey: {type, publicKeyMultibase: publicKeyMultibase!}}, x25519.key);
    expectZero(x25519.seen, 'derived');
  });
});
