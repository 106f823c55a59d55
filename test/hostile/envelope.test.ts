import {withBody, withExtraHeader, withoutHeader, wireBytes} from '../support/signed-request.ts';
import {itRefuses, useScene, type Case} from './support/cases.ts';
import type {HostileScene} from './support/hostile-scene.ts';
import {BODY_TOO_LARGE, forbidden, headersTooLarge, malformed, mediaType} from './support/refusal.ts';

const ONE_HOST = malformed('The request must have exactly one Host header.');
const NOT_HTTP = malformed('The request is not well-formed HTTP.');
const BAD_TARGET = malformed('The request target must be a path and query, of URL characters only.');
const signing = (s: HostileScene) => s.signing();

/** The bytes of a good request, one thing replaced. */
function bytes(scene: HostileScene, pattern: string | RegExp, replacement: string): Buffer {
  return Buffer.from(wireBytes(scene.signing()).toString('latin1').replace(pattern, replacement), 'latin1');
}

const HEADERS: readonly Case[] = [
  ...['authorization', 'capability-invocation', 'digest', 'content-type'].flatMap((name): Case[] =>
    (['first', 'last'] as const).map((position) => ({
      title: `R1 a second ${name}, ${position}`,
      request: (s) => {
        const request = s.signing();
        const value = request.headers.find(([other]) => other === name)?.[1] ?? '';
        return withExtraHeader(request, name, value, position);
      },
      refusal: malformed(`The "${name}" header must be given once.`),
    })),
  ),
  {
    title: 'R1 a second Host',
    request: (s) => withExtraHeader(s.signing(), 'Host', 'evil.example', 'first'),
    refusal: ONE_HOST,
  },
  {title: 'R7 no Host', request: (s) => withoutHeader(s.signing(), 'host'), refusal: ONE_HOST},
  {
    title: 'R1 a coded body',
    request: (s) => withExtraHeader(s.signing(), 'content-encoding', 'gzip'),
    refusal: mediaType('The request body must not have a Content-Encoding.'),
  },
  ...['application/json; charset=utf-16', 'application/json;charset=latin1', 'text/plain', 'json', '*/*'].map(
    (contentType): Case => ({
      title: `R1 content type ${contentType}`,
      request: (s) => s.signing({overrides: {contentType}}),
      refusal: mediaType('The content type must be JSON in UTF-8.'),
      twin: (s) => s.signing({overrides: {contentType: 'application/json; charset=utf-8'}}),
    }),
  ),
  {
    title: 'R1 headers over 16 KB',
    request: (s) => withExtraHeader(s.signing(), 'x-long', 'a'.repeat(16 * 1024)),
    refusal: headersTooLarge('The request headers are too large.'),
    twin: (s) => withExtraHeader(s.signing(), 'x-long', 'a'.repeat(14 * 1024)),
  },
  {
    title: 'R1 101 header lines',
    request: (s) => ({
      ...s.signing(),
      headers: [...s.signing().headers, ...Array.from({length: 94}, () => ['a', ''] as const)],
    }),
    refusal: headersTooLarge('The request has too many header lines.'),
    twin: (s) => ({
      ...s.signing(),
      headers: [...s.signing().headers, ...Array.from({length: 90}, () => ['a', ''] as const)],
    }),
  },
];

const FRAMING: readonly Case[] = [
  {
    title: 'R1 both Content-Length and Transfer-Encoding',
    request: (s) => withExtraHeader(s.signing(), 'transfer-encoding', 'chunked'),
    refusal: NOT_HTTP,
  },
  {
    title: 'R1 two Content-Length lines',
    request: (s) => withExtraHeader(s.signing(), 'content-length', '2'),
    refusal: NOT_HTTP,
  },
  {
    title: 'R1 obs-fold',
    request: (s) => bytes(s, '\r\naccept:', '\r\nx-folded: a\r\n b\r\naccept:'),
    refusal: NOT_HTTP,
  },
  {
    title: 'R1 a space before the colon',
    request: (s) => bytes(s, '\r\ndigest:', '\r\ndigest :'),
    refusal: NOT_HTTP,
  },
  {title: 'R1 a NUL in a header', request: (s) => bytes(s, ',action=', ',act\0ion='), refusal: NOT_HTTP},
  {title: 'R31 a NUL in the target', request: (s) => bytes(s, ' HTTP/1.1', '\0 HTTP/1.1'), refusal: NOT_HTTP},
  {
    title: 'R1 a line end in the target',
    request: (s) => bytes(s, ' HTTP/1.1', '\r\nX: HTTP/1.1'),
    refusal: malformed('The request must be HTTP/1.1.'),
  },
  {
    title: 'R1 a target in absolute form',
    request: (s) => bytes(s, 'POST /', `POST ${s.server.baseUrl}/`),
    refusal: BAD_TARGET,
  },
  {
    title: 'R1 a body of 101 KB',
    request: (s) => s.signing({body: `{"verifyData":"${'A'.repeat(101 * 1024)}"}`}),
    refusal: BODY_TOO_LARGE,
  },
  {
    title: 'R1 a body of 101 KB in chunks',
    request: (s) => {
      const {body, ...head} = withoutHeader(s.signing(), 'content-length');
      const chunks = `19400\r\n${'A'.repeat(0x19400)}\r\n0\r\n\r\n`;
      return Buffer.concat([
        wireBytes(withExtraHeader(head, 'transfer-encoding', 'chunked')),
        Buffer.from(body ? chunks : ''),
      ]);
    },
    refusal: BODY_TOO_LARGE,
    twin: (s) => {
      const {body = Buffer.alloc(0), ...head} = withoutHeader(s.signing(), 'content-length');
      const chunks = [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
      return Buffer.concat([
        wireBytes(withExtraHeader(head, 'transfer-encoding', 'chunked')),
        ...chunks.map((chunk) => Buffer.from(chunk as string)),
      ]);
    },
  },
];

const BODIES: readonly Case[] = [
  {
    title: 'R8 the body is replaced after signing',
    request: (s) => withBody(s.signing(), JSON.stringify({type: 'SignOperation', verifyData: 'BBBB'})),
    refusal: malformed('The "digest" header value does not match digest of body.'),
  },
  {
    title: 'R8 white space is added after signing',
    request: (s) => withBody(s.signing(), ` ${s.signing().body?.toString() ?? ''}`),
    refusal: malformed('The "digest" header value does not match digest of body.'),
  },
  {
    title: 'R8 the body is taken away after signing',
    request: (s) => withBody(s.signing(), ''),
    refusal: malformed('The "digest" header value does not match digest of body.'),
  },
  {
    title: 'R8 a body is added to a read',
    request: (s) => withBody(s.reading(), '{}'),
    refusal: forbidden('unsigned-header', 'content-type was not a signed header.'),
    twin: (s) => s.reading(),
  },
  {
    title: 'R8 a body in chunks is added to a read',
    request: (s) =>
      Buffer.concat([
        wireBytes(withExtraHeader(s.reading(), 'transfer-encoding', 'chunked')),
        Buffer.from('2\r\n{}\r\n0\r\n\r\n'),
      ]),
    refusal: forbidden('unsigned-header', 'content-type was not a signed header.'),
    twin: (s) => s.reading(),
  },
  {
    title: 'R8 a signed body on a read',
    request: (s) => s.reading({method: 'GET', json: {a: 1}}),
    refusal: malformed('A GET request must not have a body.'),
    twin: (s) => s.reading(),
  },
  {
    title: 'R8 a body on a read, signed with the digest of another',
    request: (s) => withBody(s.reading({method: 'GET', json: {a: 1}}), '{"a":2}'),
    refusal: malformed('A GET request must not have a body.'),
    twin: (s) => s.reading(),
  },
  {
    title: 'R8 a signed body on a deletion',
    request: (s) => s.reading({method: 'DELETE', action: 'write', json: {a: 1}}),
    refusal: malformed('A DELETE request must not have a body.'),
    twin: (s) => s.reading(),
  },
];

describe('hostile: envelope', () => {
  const scene = useScene();
  itRefuses(scene, [...HEADERS, ...FRAMING, ...BODIES], {twin: signing});
});
