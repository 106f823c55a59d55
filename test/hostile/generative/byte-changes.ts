import type {Random} from '../../support/random.ts';
import {wireBytes, type WireRequest} from '../../support/wire.ts';

/** From, to; the end is not of it. */
type Span = readonly [from: number, to: number];

/**
 * Where a byte matters to somebody: the method and target; the names and, within their ends, the values of all headers but
 * `accept`; the line ends before them; the body. Elsewhere a change may well say nothing.
 */
function vitalSpans(request: WireRequest): Span[] {
  const spans: Span[] = [];
  let at = request.method.length;
  // An empty line before a request says nothing (RFC 9112 §2.2).
  spans.push([1, at]);
  spans.push([at + 1, at + 1 + request.target.length]);
  at += ` ${request.target} HTTP/1.1\r\n`.length;
  for (const [name, value] of request.headers) {
    if (name !== 'accept') {
      spans.push([at, at + name.length]);
      const valueAt = at + name.length + 2;
      spans.push([valueAt + 1, valueAt + value.length - 1]);
    }
    at += `${name}: ${value}\r\n`.length;
  }
  const body = at + 2;
  spans.push([body, body + (request.body?.length ?? 0)]);
  return spans.filter(([from, to]) => to > from);
}

/** Flips, inserts, deletes or repeats bytes that matter. What comes out is refused, if it is answered at all. */
export function changeBytes(request: WireRequest, random: Random): Buffer | undefined {
  const bytes = wireBytes(request);
  const [from, to] = random.pick(vitalSpans(request));
  const at = from + random.below(to - from);
  const [before, byte, after] = [bytes.subarray(0, at), bytes.readUInt8(at), bytes.subarray(at + 1)];
  const own = Buffer.of(byte);
  const flipped = Buffer.of(byte ^ (1 << random.below(8)));
  const isCaseOnly = flipped.toString('latin1').toLowerCase() === own.toString('latin1').toLowerCase();
  const isInName = at > 0 && isHeaderName(request, at);
  const changed = random.pick<() => Buffer | undefined>([
    () => (isCaseOnly && isInName ? undefined : Buffer.concat([before, flipped, after])),
    () => Buffer.concat([before, random.bytes(1), own, after]),
    () => Buffer.concat([before, after]),
    () => Buffer.concat([before, own, own, after]),
    () => Buffer.concat([before, Buffer.from('\r\n'), own, after]),
    () => Buffer.concat([before, Buffer.of(0), after]),
    () => Buffer.concat([before, random.bytes(1 + random.below(300)), after]),
    () => before,
  ])();
  return changed?.equals(bytes) ? undefined : changed;
}

function isHeaderName(request: WireRequest, at: number): boolean {
  const head = wireBytes(request).subarray(0, at).toString('latin1');
  const line = head.slice(head.lastIndexOf('\n') + 1);
  return head.includes('\n') && !line.includes(':') && !head.includes('\r\n\r\n');
}
