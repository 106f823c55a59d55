import {deflateSync, gzipSync} from 'node:zlib';
import {digestOf, headerOf, wireBytes, withExtraHeader, withHeader} from '../../../support/signed-request.ts';
import {KEY_OPERATIONS, READS, WITH_BODY} from '../kinds.ts';
import {Mutations, onDraft, onWire} from '../mutation.ts';

const withBody = {kinds: WITH_BODY};

const operations = {kinds: KEY_OPERATIONS};

const derive = {kinds: ['deriveSecret']} as const;

const DUPLICATES = ['authorization', 'host', 'content-type'] as const;

function raw(request: Parameters<typeof wireBytes>[0], from: string | RegExp, to: string): Buffer {
  return Buffer.from(wireBytes(request).toString('latin1').replace(from, to), 'latin1');
}

/** Limits, framing, duplicate lines, codings and JSON. */
export const R1 = new Mutations('R1')
  .refused(
    'header of 17 KB',
    onWire((request) => withExtraHeader(request, 'x-padding', 'x'.repeat(17 * 1024))),
  )
  .refused(
    'many headers of 17 KB together',
    onWire((request) => {
      const lines = Array.from({length: 100}, (_, index) => [`x-padding-${index}`, 'x'.repeat(170)] as const);
      return {...request, headers: [...request.headers, ...lines]};
    }),
  )
  .refused(
    'body of 110 KB',
    onDraft(
      (draft) => {
        const body = Buffer.from(JSON.stringify({...parsed(draft.body), verifyData: 'A'.repeat(110_000)}));
        return {body, digest: digestOf(body)};
      },
      {kinds: ['sign']},
    ),
  )
  .refused(
    'content length and transfer encoding',
    onWire((request) => withExtraHeader(request, 'transfer-encoding', 'chunked'), withBody),
  )
  .refused(
    'two content lengths',
    onWire((request) => withExtraHeader(request, 'content-length', '3'), withBody),
  )
  .refused(
    'negative content length',
    onWire((request) => withHeader(request, 'content-length', '-1'), withBody),
  )
  .stricter(
    'a second line of a header, the same',
    'R1.duplicate-header',
    onWire((request, _base, {random}) => {
      const name = random.pick(DUPLICATES);
      return withExtraHeader(request, name, headerOf(request, name) ?? '');
    }, operations),
  )
  .stricter(
    'a second line of a header, another',
    'R1.duplicate-header',
    onWire(
      (request, _base, {random}) => withExtraHeader(request, random.pick(DUPLICATES), 'other'),
      operations,
    ),
  )
  .stricter(
    'two dates, the second one stale',
    'R1.duplicate-header',
    onWire((request) => {
      const fresh = withExtraHeader(request, 'date', new Date().toUTCString());
      return withExtraHeader(fresh, 'date', new Date(0).toUTCString());
    }),
  )
  .refused(
    'two digests, the same',
    onWire((request) => withExtraHeader(request, 'digest', headerOf(request, 'digest')!), withBody),
  )
  .refused(
    'two capability invocations, the same',
    onWire((request) =>
      withExtraHeader(request, 'capability-invocation', headerOf(request, 'capability-invocation')!),
    ),
  )
  .refused(
    'another host first',
    onWire((request) => withExtraHeader(request, 'host', 'evil.example', 'first')),
  )
  .refused(
    'absolute-form target',
    onWire((request, {url}) => ({...request, target: url})),
  )
  .refused(
    'absolute-form target, signed',
    onDraft((_draft, {url}) => ({target: url})),
  )
  .stricter(
    'gzipped body',
    'R1.content-encoding',
    onDraft(
      ({body, headers}) => ({
        body: gzipSync(body!),
        headers: [...headers, ['content-encoding', 'gzip']],
      }),
      operations,
    ),
  )
  .stricter(
    'deflated body',
    'R1.content-encoding',
    onDraft(
      ({body, headers}) => ({
        body: deflateSync(body!),
        headers: [...headers, ['content-encoding', 'deflate']],
      }),
      operations,
    ),
  )
  .stricter(
    'identity coding',
    'R1.content-encoding',
    onWire((request) => withExtraHeader(request, 'content-encoding', 'identity'), withBody),
  )
  .refused(
    'unknown coding',
    onWire((request) => withExtraHeader(request, 'content-encoding', 'zstd'), withBody),
  )
  .stricter(
    'UTF-16',
    'R1.charset',
    onDraft(
      ({body}) => ({
        body: Buffer.from(body!.toString(), 'utf16le'),
        contentType: 'application/json; charset=utf-16le',
      }),
      operations,
    ),
  )
  .refused(
    'charset latin1',
    onDraft(() => ({contentType: 'application/json; charset=iso-8859-1'}), withBody),
  )
  .accepted(
    'charset UTF-8',
    onDraft(() => ({contentType: 'application/json; charset=UTF-8'}), operations),
  )
  .accepted(
    'content type JSON-LD',
    onDraft(() => ({contentType: 'application/ld+json'}), operations),
  )
  .refused(
    'content type text',
    onDraft(() => ({contentType: 'text/plain'}), withBody),
  )
  .refused(
    'duplicate JSON key',
    onDraft(({body}) => {
      const twice = Buffer.from(body!.toString().replace('{', '{"type":"SignOperation",'));
      return {body: twice, digest: digestOf(twice)};
    }, operations),
  )
  .stricter(
    'prototype keys',
    'R1.prototype-key',
    onDraft(({body}, _base, {random}) => {
      const key = random.pick(['__proto__', 'constructor', 'prototype']);
      const text = Buffer.from(
        body!.toString().replace('"publicKey":{', `"publicKey":{"${key}":{"polluted":true},`),
      );
      return {body: text, digest: digestOf(text)};
    }, derive),
  )
  .refused(
    'prototype key at the top',
    onDraft(({body}) => {
      const text = Buffer.from(body!.toString().replace('{', '{"__proto__":{"admin":true},'));
      return {body: text, digest: digestOf(text)};
    }, operations),
  )
  .stricter(
    'deep JSON',
    'R1.json-depth',
    onDraft(({body}) => {
      const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
      const text = Buffer.from(body!.toString().replace('"publicKey":{', `"publicKey":{"deep":${deep},`));
      return {body: text, digest: digestOf(text)};
    }, derive),
  )
  .refused(
    'JSON that is none',
    onDraft(({body}, _base, {random}) => {
      const text = Buffer.from(
        random.pick([body!.toString().slice(0, -1), `${body!.toString()}}`, 'null', '[]', '"text"', '1', '']),
      );
      return {body: text, digest: digestOf(text)};
    }, withBody),
  )
  .refused(
    'folded header',
    onWire((request) => raw(request, 'digest: ', 'digest:\r\n '), withBody),
  )
  .refused(
    'NUL in a header',
    onWire((request) => withExtraHeader(request, 'x-nul', 'a\0b')),
  )
  .refused(
    'no host',
    onWire((request) => raw(request, /host: .*\r\n/, '')),
  )
  .refused(
    'a space before the colon',
    onWire((request) => raw(request, 'host:', 'host :')),
  )
  .refused(
    'lower-case method',
    onWire((request) => ({...request, method: request.method.toLowerCase()})),
  )
  .refused(
    'method without route',
    onWire(
      (request, _base, {random}) => ({
        ...request,
        method: random.pick(['PUT', 'PATCH', 'TRACE', 'PROPFIND']),
      }),
      {
        kinds: READS,
      },
    ),
  );

function parsed(body: Buffer | undefined): Record<string, unknown> {
  return JSON.parse(body?.toString() ?? '{}') as Record<string, unknown>;
}
