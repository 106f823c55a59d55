/** How many messages one AES-GCM key may encrypt under random nonces of 96 bits (NIST SP 800-38D §8.3). */
export const MAX_NONCES = 2 ** 32;

/** With so many left it is time to rotate. */
const FEW_NONCES = MAX_NONCES / 4;

/** Whether so many uses leave a version few nonces: from then on, it is warned of. */
export function areNoncesFew(uses: number): boolean {
  return uses >= MAX_NONCES - FEW_NONCES;
}
