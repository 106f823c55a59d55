import {LRUCache} from 'lru-cache';
import type {DidDocument} from './did-document.ts';
import {DidError} from './did-error.ts';
import {decodeEd25519Multibase, ED25519_MULTIBASE_PATTERN} from './ed25519-public-key.ts';
import type {OnCache} from './on-cache.ts';
import {importVerificationMethod, type VerificationMethod} from './verification-method.ts';

const DID = /^did:key:(.+)$/;
const DID_URL = new RegExp(`^(did:key:(${ED25519_MULTIBASE_PATTERN}))#\\2$`);

/** What is remembered is small and never stale; strangers can push it out, which costs 25 µs a key. */
const MAX_REMEMBERED = 4096;

/** did:key of Ed25519 keys: everything is in the DID URL. */
export class DidKeyMethods {
  readonly #methods = new LRUCache<string, VerificationMethod>({max: MAX_REMEMBERED});
  readonly #onCache: OnCache;

  constructor({onCache}: {readonly onCache: OnCache}) {
    this.#onCache = onCache;
  }

  /**
   * The method of `did:key:z6Mk…#z6Mk…`, both the same and in their only spelling.
   * @throws DidError `syntax`, `key`
   */
  get(didUrl: string): VerificationMethod {
    const known = this.#methods.get(didUrl);
    this.#onCache(known === undefined ? 'miss' : 'hit');
    if (known !== undefined) return known;
    const method = parse(didUrl);
    this.#methods.set(didUrl, method);
    return method;
  }

  /** The document of `did:key:z6Mk…`: its key, under every relationship that signs. @throws DidError `syntax`, `key` */
  document(did: string): DidDocument {
    const multibase = DID.exec(did)?.[1] ?? '';
    const method = this.get(`${did}#${multibase}`);
    return {
      id: did,
      method: (id) => {
        if (id !== method.id) throw new DidError('not-found');
        return method;
      },
      usableMethods: () => [method],
      references: () => new Set([method.id]),
    };
  }
}

function parse(didUrl: string): VerificationMethod {
  const match = DID_URL.exec(didUrl);
  if (match?.[1] === undefined || match[2] === undefined) throw new DidError('syntax');
  const [, controller, publicKeyMultibase] = match;
  const publicKey = decodeEd25519Multibase(publicKeyMultibase);
  return importVerificationMethod({id: didUrl, controller, publicKey, publicKeyMultibase});
}
