// The reference server's parts and the official clients, declared as narrowly as the tests and examples use them.
declare module '@digitalbazaar/webkms-client' {
  import type {Agent} from 'node:https';

  export interface InvocationSigner {
    readonly id: string;
    readonly type?: string;
    sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
  }

  export interface KeystoreConfigDocument {
    readonly id: string;
    readonly sequence: number;
    readonly controller: string | readonly string[];
    readonly kmsModule?: string;
    readonly meterId?: string;
    readonly ipAllowList?: readonly string[];
  }

  export interface KeyDescription {
    readonly '@context'?: unknown;
    readonly id: string;
    readonly type: string;
    readonly controller: string | readonly string[];
    readonly publicKeyMultibase?: string;
    /** Of Ed25519VerificationKey2018 only. */
    readonly publicKeyBase58?: string;
  }

  export type CapabilityDocument = Readonly<Record<string, unknown>> & {
    readonly id: string;
    readonly invocationTarget: string;
  };

  interface Invocation {
    readonly invocationSigner: InvocationSigner;
    readonly capability?: CapabilityDocument | string | undefined;
  }

  export interface GenerateKeyOptions {
    readonly maxCapabilityChainLength?: number;
    readonly publicAlias?: string;
    readonly publicAliasTemplate?: string;
  }

  export interface GeneratedKey {
    readonly keyId: string;
    readonly keyDescription: KeyDescription;
  }

  export class KmsClient {
    constructor(options?: {
      readonly keystoreId?: string;
      readonly httpsAgent?: Agent;
      readonly defaultHeaders?: Readonly<Record<string, string>>;
    });
    static createKeystore(
      options: {
        readonly url: string;
        readonly config: Readonly<Record<string, unknown>>;
        readonly httpsAgent?: Agent;
      } & Invocation,
    ): Promise<KeystoreConfigDocument>;
    getKeystore(options: Invocation): Promise<KeystoreConfigDocument>;
    updateKeystore(
      options: {readonly config: Readonly<Record<string, unknown>>} & Invocation,
    ): Promise<{readonly config: KeystoreConfigDocument}>;
    generateKey(options: {readonly type: string} & GenerateKeyOptions & Invocation): Promise<GeneratedKey>;
    getKeyDescription(
      options: {readonly keyId?: string; readonly useCache?: boolean} & Invocation,
    ): Promise<KeyDescription>;
    revokeCapability(options: {readonly capabilityToRevoke: CapabilityDocument} & Invocation): Promise<void>;
    sign(options: {readonly keyId: string; readonly data: Uint8Array} & Invocation): Promise<Uint8Array>;
    verify(
      options: {
        readonly keyId: string;
        readonly data: Uint8Array;
        readonly signature: string | Uint8Array;
      } & Invocation,
    ): Promise<boolean>;
    wrapKey(
      options: {readonly kekId: string; readonly unwrappedKey: Uint8Array} & Invocation,
    ): Promise<Uint8Array>;
    unwrapKey(
      options: {readonly kekId: string; readonly wrappedKey: string | Uint8Array} & Invocation,
    ): Promise<Uint8Array | null>;
    deriveSecret(
      options: {readonly keyId: string; readonly publicKey: Readonly<Record<string, unknown>>} & Invocation,
    ): Promise<Uint8Array>;
  }

  export class CapabilityAgent {
    static fromSecret(options: {
      readonly secret: string | Uint8Array;
      readonly handle: string;
      readonly keyName?: string;
    }): Promise<CapabilityAgent>;
    /** DID. */
    readonly id: string;
    readonly handle: string;
    getSigner(): InvocationSigner;
  }

  interface KmsKey {
    readonly id: string;
    readonly kmsId: string;
    readonly type: string;
  }
  interface FromCapability {
    readonly capability: CapabilityDocument;
    readonly invocationSigner: InvocationSigner;
    readonly kmsClient?: KmsClient;
  }

  export class AsymmetricKey implements KmsKey {
    static fromCapability(options: FromCapability): Promise<AsymmetricKey>;
    readonly id: string;
    readonly kmsId: string;
    readonly type: string;
    readonly algorithm?: string;
    sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
    verify(options: {readonly data: Uint8Array; readonly signature: string | Uint8Array}): Promise<boolean>;
    getKeyDescription(): Promise<KeyDescription>;
  }

  export class Hmac implements KmsKey {
    readonly algorithm: string;
    static fromCapability(options: FromCapability): Promise<Hmac>;
    readonly id: string;
    readonly kmsId: string;
    readonly type: string;
    /** With its cache, the default, a timer keeps the process alive. */
    sign(options: {readonly data: Uint8Array; readonly useCache?: boolean}): Promise<Uint8Array>;
    verify(options: {
      readonly data: Uint8Array;
      readonly signature: string | Uint8Array;
      readonly useCache?: boolean;
    }): Promise<boolean>;
  }

  export class Kek {
    static fromCapability(options: FromCapability): Promise<Kek>;
    readonly id: string;
    readonly type: string;
    readonly algorithm: string;
    wrapKey(options: {readonly unwrappedKey: Uint8Array}): Promise<Uint8Array>;
    unwrapKey(options: {readonly wrappedKey: string | Uint8Array}): Promise<Uint8Array | null>;
  }

  export class KeyAgreementKey implements KmsKey {
    static fromCapability(options: FromCapability): Promise<KeyAgreementKey>;
    readonly id: string;
    readonly kmsId: string;
    readonly type: string;
    deriveSecret(options: {readonly publicKey: Readonly<Record<string, unknown>>}): Promise<Uint8Array>;
  }

  export class KeystoreAgent {
    constructor(options: {
      readonly capabilityAgent: CapabilityAgent;
      readonly keystoreId?: string;
      readonly kmsClient?: KmsClient;
    });
    generateKey(
      options: {readonly type: 'asymmetric'; readonly capability?: CapabilityDocument} & GenerateKeyOptions,
    ): Promise<AsymmetricKey>;
    generateKey(
      options: {readonly type: 'hmac'; readonly capability?: CapabilityDocument} & GenerateKeyOptions,
    ): Promise<Hmac>;
    generateKey(
      options: {readonly type: 'kek'; readonly capability?: CapabilityDocument} & GenerateKeyOptions,
    ): Promise<Kek>;
    generateKey(
      options: {readonly type: 'keyAgreement'; readonly capability?: CapabilityDocument} & GenerateKeyOptions,
    ): Promise<KeyAgreementKey>;
    generateKey(
      options: {
        readonly category: 'asymmetric';
        /** E.g. `urn:webkms:multikey:P-256`. */
        readonly type: `urn:${string}`;
        readonly capability?: CapabilityDocument;
      } & GenerateKeyOptions,
    ): Promise<AsymmetricKey>;
    updateConfig(options: {
      readonly config: Readonly<Record<string, unknown>>;
      readonly capability?: CapabilityDocument;
    }): Promise<{readonly config: KeystoreConfigDocument}>;
  }
}

declare module '@digitalbazaar/ezcap' {
  import type {Agent} from 'node:https';
  import type {CapabilityDocument, InvocationSigner} from '@digitalbazaar/webkms-client';

  export interface ZcapResponse {
    readonly status: number;
    readonly headers: Headers;
    /** Parsed JSON, or undefined. */
    readonly data: unknown;
  }

  export class ZcapClient {
    constructor(options: {
      readonly SuiteClass: unknown;
      readonly invocationSigner?: InvocationSigner;
      readonly delegationSigner?: InvocationSigner;
      readonly agent?: Agent;
    });
    delegate(options: {
      readonly capability?: CapabilityDocument | string;
      readonly controller: string;
      readonly invocationTarget?: string;
      readonly expires?: string | Date;
      readonly allowedActions?: string | readonly string[];
    }): Promise<CapabilityDocument>;
    request(options: {
      readonly url?: string;
      readonly capability?: CapabilityDocument | string;
      readonly method?: string;
      readonly action?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json?: unknown;
    }): Promise<ZcapResponse>;
    read(options: {
      readonly url?: string;
      readonly capability?: CapabilityDocument | string;
    }): Promise<ZcapResponse>;
    write(options: {
      readonly url?: string;
      readonly capability?: CapabilityDocument | string;
      readonly json: unknown;
    }): Promise<ZcapResponse>;
  }
}

declare module '@digitalbazaar/ed25519-multikey' {
  export interface Ed25519Multikey {
    readonly publicKeyMultibase: string;
    export(options: {
      readonly publicKey: boolean;
      readonly secretKey?: boolean;
      readonly includeContext?: boolean;
    }): Promise<Record<string, unknown>>;
    signer(): {readonly id: string; sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>};
    verifier(): {
      readonly id: string;
      verify(options: {readonly data: Uint8Array; readonly signature: Uint8Array}): Promise<boolean>;
    };
  }
  export function generate(options?: {
    readonly id?: string;
    readonly controller?: string;
    readonly seed?: Uint8Array;
  }): Promise<Ed25519Multikey>;
  export function from(key: unknown): Promise<Ed25519Multikey>;
}

declare module '@digitalbazaar/http-signature-zcap-invoke' {
  export function signCapabilityInvocation(options: {
    readonly url: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly capability?: unknown;
    readonly capabilityAction: string;
    readonly invocationSigner: {
      readonly id: string;
      sign(options: {readonly data: Uint8Array}): Promise<Uint8Array>;
    };
    readonly created?: number;
    readonly expires?: number;
  }): Promise<Record<string, string>>;
}

declare module 'express4' {
  import type {RequestListener} from 'node:http';

  export interface Request {
    readonly method: string;
    /** The request target, raw. */
    readonly originalUrl: string;
    /** Percent-decoded. */
    readonly params: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, unknown>>;
    readonly socket: {readonly remoteAddress?: string};
    body: unknown;
    get(name: string): string | undefined;
  }
  export interface Response {
    readonly headersSent: boolean;
    status(code: number): Response;
    location(url: string): Response;
    json(body: unknown): void;
    end(): void;
  }
  export type Next = (error?: unknown) => void;
  export type Handler = (req: Request, res: Response, next: Next) => unknown;
  export type ErrorHandler = (error: unknown, req: Request, res: Response, next: Next) => void;
  export type Handlers = readonly (Handler | readonly Handler[])[];
  export interface Application extends RequestListener {
    get(path: string, ...handlers: Handlers): void;
    post(path: string, ...handlers: Handlers): void;
    delete(path: string, ...handlers: Handlers): void;
    use(handler: Handler | ErrorHandler): void;
  }
  export interface Factory {
    (): Application;
    json(options: {readonly limit: string; readonly type: readonly string[]}): Handler;
  }
  const express: Factory;
  // The package is CommonJS; this is its module.exports.
  export default express;
}

declare module '@digitalbazaar/ezcap-express' {
  import type {Handler, Request} from 'express4';

  export interface CapabilityChainDetails {
    readonly capabilityChain: readonly {readonly id: string}[];
    /** One for each of the chain, the root's included. */
    readonly capabilityChainMeta: readonly {
      readonly verifyResult: {
        readonly results: readonly {
          readonly purposeResult: {readonly delegator: {readonly id: string} | string};
        }[];
      } | null;
    }[];
  }

  export interface AuthorizeOptions {
    readonly documentLoader: (url: string) => Promise<unknown>;
    readonly getRootController: (options: {
      readonly req: Request;
      readonly rootInvocationTarget: string;
    }) => Promise<unknown>;
    readonly getVerifier: (options: {readonly keyId: string}) => Promise<unknown>;
    readonly inspectCapabilityChain: (
      details: CapabilityChainDetails,
    ) => Promise<{readonly valid: boolean; readonly error?: Error}>;
    readonly onError: (options: {readonly error: Error}) => void;
    readonly suiteFactory: () => Promise<unknown>;
  }

  export function authorizeZcapInvocation(
    options: AuthorizeOptions & {
      readonly getExpectedValues: (options: {readonly req: Request}) => Promise<{
        readonly action?: string;
        readonly host: string;
        readonly rootInvocationTarget: string | readonly string[];
      }>;
    },
  ): Handler[];
  export function authorizeZcapRevocation(
    options: AuthorizeOptions & {readonly expectedHost: string},
  ): Handler[];
}

declare module '@digitalbazaar/webkms-switch' {
  import type {Handler} from 'express4';
  import type {AuthorizeOptions} from '@digitalbazaar/ezcap-express';

  export interface KmsOperationCall {
    readonly keyId: string;
    readonly controller: string;
    readonly operation: Readonly<Record<string, unknown>> & {readonly type: string};
    readonly zcapInvocation: {readonly dereferencedChain: readonly unknown[]};
  }
  export function createOperationMiddleware(
    options: Omit<AuthorizeOptions, 'getRootController'> & {
      readonly storage: {get(options: {readonly id: string}): Promise<unknown>};
      readonly moduleManager: {
        get(options: {
          readonly id: string;
        }): Promise<Readonly<Record<string, (call: KmsOperationCall) => Promise<unknown>>>>;
      };
      readonly expectedHost: string;
    },
  ): Handler[];
}
