import {Turns} from '../turns.ts';

/** Elements of an array: half a megabyte of JSON where each is of the longest, written at once in half a millisecond. */
const MANY = 64;
/** Characters, of which the last piece may have more. */
const PART_LENGTH = 64 * 1024;

/** Whether there is an array of many in it, at whatever depth: only such a body can be long. */
export function isLong(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if (Array.isArray(body) && body.length > MANY) return true;
  const members: unknown[] = Object.values(body);
  for (const member of members) if (typeof member === 'object' && isLong(member)) return true;
  return false;
}

/** `JSON.stringify(body)` of plain data in UTF-8, cut into parts, which are made in turns. */
export async function jsonInParts(body: unknown): Promise<readonly Buffer[]> {
  const turns = new Turns();
  const parts: Buffer[] = [];
  let text = '';
  for (const piece of pieces(body)) {
    text += piece;
    if (text.length < PART_LENGTH) continue;
    parts.push(Buffer.from(text));
    text = '';
    await turns.next();
  }
  return [...parts, Buffer.from(text)];
}

function* pieces(value: unknown): Generator<string> {
  if (!isLong(value)) yield JSON.stringify(value);
  else if (Array.isArray(value)) yield* arrayPieces(value);
  else yield* objectPieces(value as object);
}

function* arrayPieces(items: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const item of items) {
    yield before;
    yield* pieces(item ?? null);
    before = ',';
  }
  yield ']';
}

function* objectPieces(members: object): Generator<string> {
  let before = '{';
  for (const [name, value] of Object.entries(members)) {
    // JSON has no such member.
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* pieces(value);
    before = ',';
  }
  yield '}';
}
