import {NotAllowedError} from '../../errors.ts';
import type {DidDocument} from './did-document.ts';
import {DidError} from './did-error.ts';
import {DidKeyMethods} from './did-key.ts';
import {parseDidUrl} from './did-url.ts';
import {DidWebDocuments, type DidWebOptions} from './did-web.ts';
import {documentNode, verificationMethodNode} from './json-ld-nodes.ts';
import type {Relationship, VerificationMethod} from './verification-method.ts';

const PUBLIC_MESSAGE = 'The verification method could not be resolved for this purpose.';

export interface ResolveOptions {
  /** On whose behalf something may have to be fetched, e.g. a client's address: nobody gets all the fetches there are. */
  readonly requester?: string;
}

export interface DidResolver {
  /**
   * Resolves an Ed25519 DID URL with a fragment (R9): the method, once its controller's document lists it under `relationship`.
   * A did:key at once, as it throws at once.
   * @throws NotAllowedError (reason `did`) for whatever is not resolved; its cause says why
   */
  verificationMethod(
    didUrl: string,
    relationship: 'capabilityInvocation' | 'capabilityDelegation',
    options?: ResolveOptions,
  ): VerificationMethod | Promise<VerificationMethod>;

  /**
   * The same facts as JSON-LD for a document loader: of a DID its document, of a DID URL its verification method. Made anew
   * at each call, of nothing but what was understood: no context, property or key of a fetched document is passed on unread.
   * @throws NotAllowedError (reason `did`)
   */
  document(didOrDidUrl: string, options?: ResolveOptions): Promise<Record<string, unknown>>;
}

export interface DidResolverOptions {
  /** Absent: did:web is off. */
  readonly didWeb?: DidWebOptions & {readonly enabled: boolean};
  /** Told of each look into a cache, for metrics. */
  readonly onCache?: (cache: 'did:key' | 'did:web', outcome: 'hit' | 'miss') => void;
  /** Milliseconds since the epoch; absent: the system's clock. */
  readonly now?: () => number;
}

export function createDidResolver({didWeb, onCache, now = Date.now}: DidResolverOptions = {}): DidResolver {
  const didKeys = new DidKeyMethods({onCache: (outcome) => onCache?.('did:key', outcome)});
  const didWebs = didWeb?.enabled
    ? new DidWebDocuments(didWeb, {now, onCache: (outcome) => onCache?.('did:web', outcome)})
    : undefined;

  async function documentOf(did: string, requester?: string): Promise<DidDocument> {
    if (did.startsWith('did:key:')) return didKeys.document(did);
    if (!did.startsWith('did:web:')) throw new DidError('method');
    if (didWebs === undefined) throw new DidError('disabled');
    return didWebs.get(did, requester);
  }

  /** The listing is the controller's to make: where a method names another controller, its document is asked. */
  async function methodOf(
    didUrl: string,
    relationship: Relationship,
    requester?: string,
  ): Promise<VerificationMethod> {
    const {did} = parseDidUrl(didUrl);
    const document = await documentOf(did, requester);
    const method = document.method(didUrl, now());
    const controller = method.controller === did ? document : await documentOf(method.controller, requester);
    if (!controller.references(relationship).has(method.id)) throw new DidError('relationship');
    return method;
  }

  async function nodeOf(didOrDidUrl: string, requester?: string): Promise<Record<string, unknown>> {
    const {did, fragment} = parseDidUrl(didOrDidUrl);
    const document = await documentOf(did, requester);
    if (fragment === undefined) return documentNode(document, now());
    return verificationMethodNode(document.method(didOrDidUrl, now()));
  }

  /** did:key lists its one key under every relationship, and there is nothing to wait for. */
  function keyMethod(didUrl: string): VerificationMethod {
    try {
      return didKeys.get(didUrl);
    } catch (cause) {
      throw unresolved(cause);
    }
  }

  return {
    verificationMethod: (didUrl, relationship, {requester} = {}) =>
      didUrl.startsWith('did:key:') ? keyMethod(didUrl) : refusing(methodOf(didUrl, relationship, requester)),
    document: (didOrDidUrl, {requester} = {}) => refusing(nodeOf(didOrDidUrl, requester)),
  };
}

/** R9: whatever goes wrong in resolving is the request's fault, and one message says so. */
async function refusing<T>(resolution: Promise<T>): Promise<T> {
  try {
    return await resolution;
  } catch (cause) {
    throw unresolved(cause);
  }
}

/** The refusal of whatever is not resolved. */
export function unresolved(cause?: unknown): NotAllowedError {
  return new NotAllowedError('did', PUBLIC_MESSAGE, {cause});
}
