import {didKeyOf, encodeEd25519} from '../../../support/did-key.ts';
import {
  draftRequest,
  formatAuthorization,
  rootCapabilityId,
  signDraft,
} from '../../../support/signed-request.ts';
import {type Make, Mutations, onDraft} from '../mutation.ts';

/** Changes the signature as it is written. */
function written(change: (base64: string) => string): Make {
  return onDraft(() => ({
    formatAuthorization: (parameters) =>
      formatAuthorization({...parameters, signature: change(parameters.signature)}),
  }));
}

/** Order of the base point of edwards25519 (RFC 8032, 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature with S + L for S (RFC 8032, 5.1.7, asks to refuse). */
function malleable(signature: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + L;
  const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  return Buffer.concat([signature.subarray(0, 32), bytes]);
}

/** The neutral point, of order 1: with R neutral and S zero it signs everything. */
const NEUTRAL = Buffer.from(Uint8Array.from({length: 32}, (_, index) => (index === 0 ? 1 : 0)));

const smallOrder = {
  ...didKeyOf(encodeEd25519(NEUTRAL)),
  sign: () => Buffer.concat([NEUTRAL, Buffer.alloc(32)]),
};

/** base64 characters that differ only in the four bits that a last one before `==` does not use. */
const UNUSED = new Map(['AB', 'QR', 'gh', 'wx'].map(([canonical = '', sloppy = '']) => [canonical, sloppy]));

/** The signature. */
export const R10 = new Mutations('R10')
  .refused(
    'a bit flipped',
    onDraft((_draft, _base, {random}) => ({
      mangleSignature: (signature) => {
        const index = random.below(64);
        return signature.map((byte, at) => (at === index ? byte ^ (1 << random.below(8)) : byte));
      },
    })),
  )
  .refused(
    'all zeroes',
    onDraft(() => ({mangleSignature: () => Buffer.alloc(64)})),
  )
  .refused(
    '63 bytes',
    onDraft(() => ({mangleSignature: (signature) => signature.subarray(0, 63)})),
  )
  .refused(
    '65 bytes',
    onDraft(() => ({mangleSignature: (signature) => Buffer.concat([signature, Buffer.alloc(1)])})),
  )
  .refused(
    '128 bytes',
    onDraft(() => ({mangleSignature: (signature) => Buffer.concat([signature, signature])})),
  )
  .refused(
    'S of the order and more',
    onDraft(() => ({mangleSignature: malleable})),
  )
  .refused(
    "somebody else's",
    onDraft((_draft, _base, {world}) => ({signer: world.stranger})),
  )
  .refused(
    'of other text',
    onDraft(() => ({mangleSigningString: (text) => `${text}\n`})),
  )
  .stricter(
    'without padding',
    'R10.base64',
    written((base64) => base64.replaceAll('=', '')),
  )
  .stricter(
    'base64url',
    'R10.base64',
    written((base64) => base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')),
  )
  .stricter(
    'more padding',
    'R10.base64',
    written((base64) => `${base64}==`),
  )
  .stricter(
    'spaces within',
    'R10.base64',
    written((base64) => `${base64.slice(0, 20)} ${base64.slice(20)}`),
  )
  .stricter(
    'other characters within',
    'R10.base64',
    written((base64) => `${base64.slice(0, 30)}*!${base64.slice(30)}`),
  )
  .stricter(
    'bits that are not used',
    'R10.base64',
    written((base64) => base64.replace(/(.)==$/, (_text, last: string) => `${UNUSED.get(last)!}==`)),
  )
  .refused('a key of small order', ({world}) => {
    const url = world.keystores;
    const json = {sequence: 0, controller: smallOrder.did};
    const draft = draftRequest({
      url,
      json,
      action: 'write',
      signer: smallOrder,
      capability: rootCapabilityId(url),
    });
    return {base: 'createKeystore, 0 delegations', request: signDraft(draft)};
  });
