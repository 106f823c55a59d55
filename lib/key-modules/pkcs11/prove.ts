import type {SignatureChoice} from '../operation-options.ts';
import type {TokenAlgorithm} from './token-algorithm.ts';

/** A signature over random bytes that the stored public key verifies: nobody asked for it, nobody gets it. */
export function proveBySigning(
  {sign, publicKey: open}: Required<Pick<TokenAlgorithm, 'sign' | 'publicKey'>>,
  data: Uint8Array,
  choice: SignatureChoice,
): TokenAlgorithm['prove'] {
  return async (token, object, publicKey) => {
    if (!publicKey) return false;
    const {verify} = await open(publicKey, 'proof');
    const signature = await sign(token, object, data, choice);
    return (await verify?.(data, signature, choice)) === true;
  };
}
