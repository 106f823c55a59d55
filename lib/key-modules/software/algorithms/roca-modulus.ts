const GENERATOR = 65_537;
/** The primes of such keys with a modulus of 2048 bits or more were made with all primes up to this, at least. */
const PRIMES = oddPrimes(701);

/**
 * Whether a modulus, of 2048 bits or more, is like those of smart cards and TPMs whose primes had too little chance in them
 * (ROCA, CVE-2017-15361): such keys can be factored, and look good otherwise. Of all good ones, one in 2^167 is like that.
 */
export function isRocaModulus(modulus: bigint): boolean {
  return PRIMES.every((prime) => isPower(Number(modulus % BigInt(prime)), prime));
}

/** Of 65,537, modulo the prime. */
function isPower(value: number, prime: number): boolean {
  let power = 1;
  do {
    if (power === value) return true;
    power = (power * GENERATOR) % prime;
  } while (power !== 1);
  return false;
}

function oddPrimes(largest: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 3; candidate <= largest; candidate += 2) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}
