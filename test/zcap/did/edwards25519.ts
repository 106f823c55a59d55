/** Arithmetic on edwards25519 (RFC 8032 §5.1) with big integers: slow, plain, and independent of what is tested. */
export const P = 2n ** 255n - 19n;

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

export const IDENTITY: Point = {x: 0n, y: 1n};

const mod = (a: bigint) => ((a % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b))
    if (e & 1n) result = mod(result * b);
  return result;
}

const inverse = (a: bigint) => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
const SQRT_MINUS_1 = power(2n, (P - 1n) / 4n);

function add(a: Point, b: Point): Point {
  const t = mod(D * mod(a.x * b.x) * mod(a.y * b.y));
  return {
    x: mod((a.x * b.y + a.y * b.x) * inverse(1n + t)),
    y: mod((a.y * b.y + a.x * b.x) * inverse(1n - t)),
  };
}

/** Both square roots, where there are any. */
function squareRoots(square: bigint): bigint[] {
  const root = power(square, (P + 3n) / 8n);
  const candidates = [root, mod(root * SQRT_MINUS_1)];
  return candidates.filter((r) => mod(r * r) === mod(square)).flatMap((r) => [r, mod(-r)]);
}

/** The points with this y: none, one or two. */
function pointsWithY(y: bigint): Point[] {
  const roots = squareRoots(mod((y * y - 1n) * inverse(D * y * y + 1n)));
  return [...new Set(roots)].map((x) => ({x, y}));
}

/**
 * The points whose order divides 8; there are eight. Those of order 8 double to a point with y = 0, so x² = −y², and the
 * equation of the curve, −x² + y² = 1 + d·x²·y², becomes d·y⁴ + 2·y² − 1 = 0.
 */
export function smallOrderPoints(): Point[] {
  const squares = squareRoots(1n + D).map((root) => mod((root - 1n) * inverse(D)));
  const ys = [1n, P - 1n, 0n, ...new Set(squares.flatMap((square) => squareRoots(square)))];
  return ys.flatMap((y) => pointsWithY(y));
}

export function timesEight(point: Point): Point {
  const two = add(point, point);
  const four = add(two, two);
  return add(four, four);
}

/** 32 bytes, little-endian, the sign of x in the top bit; `y` need not be reduced. */
export function encode(y: bigint, sign: 0 | 1): Uint8Array {
  const hex = (y | (BigInt(sign) << 255n)).toString(16).padStart(64, '0');
  return Uint8Array.from(Buffer.from(hex, 'hex').reverse());
}
