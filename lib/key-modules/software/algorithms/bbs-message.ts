import {Tokenizer, Type} from 'cborg';

/** What a BBS signature is over (draft-irtf-cfrg-bbs-signatures §3.5.1). */
export interface BbsMessage {
  readonly header: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

/** Each message costs 5 to 10 ms. */
export const MAX_BBS_MESSAGES = 128;
/** Hashing this much takes 10 ms. */
export const MAX_BBS_DATA_BYTES = 128 * 1024;

/**
 * Reads CBOR `[header, [message…]]`, byte strings all: preferred serialisation, definite lengths, nothing after it,
 * at most 128 messages and 128 KiB. Reads one head after the other, so that nesting costs nothing.
 * @returns copies, so that nothing of the memory around `data` goes to where they are sent;
 * undefined where it is anything else.
 */
export function parseBbsMessage(data: Uint8Array): BbsMessage | undefined {
  if (data.length > MAX_BBS_DATA_BYTES) return undefined;
  const tokens = new Tokenizer(Uint8Array.from(data), {strict: true, allowIndefinite: false});
  const next = (type: Type): unknown => {
    const token = tokens.done() ? undefined : tokens.next();
    if (!token || !Type.equals(token.type, type)) throw new Error('Another type was expected.');
    return token.value;
  };
  const bytes = (): Uint8Array => next(Type.bytes) as Uint8Array;
  try {
    if (next(Type.array) !== 2) return undefined;
    const header = bytes();
    const count = next(Type.array) as number;
    if (count > MAX_BBS_MESSAGES) return undefined;
    const messages = Array.from({length: count}, bytes);
    return tokens.done() ? {header, messages} : undefined;
  } catch {
    return undefined;
  }
}
