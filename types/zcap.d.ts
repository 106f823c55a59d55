// The verifier libraries, declared as narrowly as they are used.
declare module '@digitalbazaar/http-signature-zcap-verify' {
  export interface VerifyResult {
    readonly verified: boolean;
    readonly error?: unknown;
    /** DID of the invoker. */
    readonly invoker?: string;
    /** Root first. */
    readonly dereferencedChain?: readonly {readonly id: string}[];
  }

  export interface BeforeValidatePurpose {
    readonly purpose: {expectedAction: string};
    readonly proof: {capability: unknown; capabilityAction: string};
  }

  export function verifyCapabilityInvocation(options: {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly getVerifier: (options: {readonly keyId: string}) => Promise<{
      readonly verifier: {
        verify(options: {readonly data: Uint8Array; readonly signature: Uint8Array}): Promise<boolean>;
      };
      readonly verificationMethod: unknown;
    }>;
    readonly documentLoader: (url: string) => Promise<unknown>;
    readonly expectedHost: string;
    readonly expectedAction: string;
    readonly expectedRootCapability: readonly string[];
    readonly expectedTarget: string;
    readonly suite: unknown;
    readonly allowTargetAttenuation: boolean;
    readonly beforeValidatePurpose?: (options: BeforeValidatePurpose) => Promise<void>;
    readonly maxChainLength: number;
    readonly maxClockSkew: number;
    readonly maxDelegationTtl: number;
    /** Unix seconds. */
    readonly now: number;
  }): Promise<VerifyResult>;
}

declare module '@digitalbazaar/zcap' {
  export class CapabilityDelegation {
    constructor(options: {
      readonly allowTargetAttenuation: boolean;
      readonly date: Date;
      readonly expectedRootCapability: readonly string[];
      readonly maxChainLength: number;
      readonly maxClockSkew: number;
      readonly suite: unknown;
    });
  }
  export const constants: {readonly ZCAP_CONTEXT: unknown; readonly ZCAP_CONTEXT_URL: string};
}

declare module '@digitalbazaar/ed25519-signature-2020' {
  export interface ProofVerification {
    readonly verified: boolean;
    readonly verificationMethod?: object;
    readonly error?: unknown;
  }

  export interface ProofToVerify {
    readonly proof: Readonly<Record<string, unknown>>;
    readonly document: Readonly<Record<string, unknown>>;
    readonly documentLoader: (url: string) => Promise<unknown>;
  }

  export class Ed25519Signature2020 {
    static readonly CONTEXT_URL: string;
    static readonly CONTEXT: unknown;
    verifyProof(options: ProofToVerify): Promise<ProofVerification>;
  }
}

declare module 'jsonld-signatures' {
  const jsigs: {
    verify(
      document: unknown,
      options: {
        readonly suite: unknown;
        readonly purpose: unknown;
        readonly documentLoader: (url: string) => Promise<unknown>;
      },
    ): Promise<{readonly verified: boolean; readonly error?: unknown}>;
    strictDocumentLoader(url: string): Promise<unknown>;
  };
  // The package is CommonJS; this is its module.exports.
  export default jsigs;
}
