import type {VerificationMethod} from './did/verification-method.ts';
import type {Envelope} from './envelope.ts';
import type {Invocation} from './invocation.ts';
import type {PresentedCapability} from './presented-capability.ts';

/** Makes an `Invocation`: the one place, called by the authoriser alone, after everything has verified. */
export function verifiedInvocation({
  envelope,
  method,
  presented,
  allowedBy,
}: {
  readonly envelope: Envelope;
  readonly method: VerificationMethod;
  readonly presented: PresentedCapability;
  readonly allowedBy: string;
}): Invocation {
  const {httpSignature, signingString} = envelope;
  const {chain} = presented;
  const facts: Omit<Invocation, keyof BrandOnly> = {
    invoker: method.controller,
    verificationMethod: method.id,
    action: presented.action,
    allowedBy,
    chainLength: chain ? chain.length : 1,
    capabilityId: presented.id,
    authority: chain?.links[0]?.proof.delegator ?? method.controller,
    signed: {keyId: httpSignature.keyId, signingString},
    created: httpSignature.created,
    expires: httpSignature.expires,
  };
  return facts as Invocation;
}

type BrandOnly = {readonly [K in keyof Invocation as K extends symbol ? K : never]: Invocation[K]};
