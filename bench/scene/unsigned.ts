import {randomBytes} from 'node:crypto';
import {encode} from 'base58-universal';
import {draftCapability, type Capability, type DelegateOptions} from '../../test/support/delegate.ts';

/** A capability that looks like any other, and whose proof is random bytes. */
export function unsigned(options: DelegateOptions): Capability {
  const {document, proof} = draftCapability(options);
  const proofValue = `z${encode(randomBytes(64))}`;
  return {...document, proof: {...proof, proofValue}} as unknown as Capability;
}
