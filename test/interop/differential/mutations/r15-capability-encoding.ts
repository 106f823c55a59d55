import {deflateRawSync, deflateSync, gzipSync} from 'node:zlib';
import {encodeCapability} from '../../../support/signed-request.ts';
import type {BaseFilter} from '../base.ts';
import {leafOf} from '../grant.ts';
import {type Make, Mutations, onDraft} from '../mutation.ts';

const delegated: BaseFilter = {depths: [1, 2, 3]};

/** Encodes the invoked capability otherwise. */
function encoded(encode: (json: string) => string, filter: BaseFilter = delegated): Make {
  return onDraft(
    (_draft, {grant, action}) => ({
      capabilityInvocation: `zcap capability="${encode(JSON.stringify(leafOf(grant!)))}",action="${action}"`,
    }),
    filter,
  );
}

/** Changes the JSON text of the invoked capability, and encodes it as it should be. */
function json(change: (text: string) => string | Buffer, filter: BaseFilter = delegated): Make {
  return encoded((text) => encodeCapability(change(text)), filter);
}

/** A last character whose unused bits are not zero, where the length leaves any. */
function sloppy(base64url: string): string {
  const unused = (base64url.length * 6) % 8;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(base64url.at(-1) ?? '');
  return unused === 0 ? `${base64url}=` : `${base64url.slice(0, -1)}${alphabet[last + 1] ?? ''}`;
}

/** How a delegated capability is encoded. */
export const R15 = new Mutations('R15')
  .stricter(
    'padding',
    'R15.base64url',
    encoded((text) => `${encodeCapability(text)}=`),
  )
  .stricter(
    'base64',
    'R15.base64url',
    encoded((text) => {
      const gzipped = gzipSync(text);
      // Fixed bytes of the gzip header (RFC 1952, 2.3.1) that make base64 and base64url differ.
      gzipped[9] = 0xff;
      return `${gzipped.toString('base64')}=`;
    }),
  )
  .stricter(
    'spaces within',
    'R15.base64url',
    encoded((text) => encodeCapability(text).replace(/^.{40}/, '$& ')),
  )
  .stricter(
    'other characters within',
    'R15.base64url',
    encoded((text) => encodeCapability(text).replace(/^.{40}/, '$&!')),
  )
  .stricter(
    'bits that are not used',
    'R15.base64url',
    encoded((text) => sloppy(encodeCapability(text))),
  )
  .stricter(
    'zlib for gzip',
    'R15.gzip',
    encoded((text) => deflateSync(text).toString('base64url')),
  )
  .refused(
    'bare deflate',
    encoded((text) => deflateRawSync(text).toString('base64url')),
  )
  .refused(
    'not compressed',
    encoded((text) => Buffer.from(text).toString('base64url')),
  )
  .refused(
    'cut short',
    encoded((text) => encodeCapability(text).slice(0, -40)),
  )
  .refused(
    'checksum changed',
    encoded((text) => {
      const gzipped = gzipSync(text);
      gzipped[gzipped.length - 6]! ^= 1;
      return gzipped.toString('base64url');
    }),
  )
  .stricter(
    'bytes after the end',
    'R15.gzip',
    encoded((text) => Buffer.concat([gzipSync(text), Buffer.alloc(8)]).toString('base64url')),
  )
  .stricter(
    'more than 64 KiB inflated',
    'R15.inflated',
    json((text) => text + ' '.repeat(70_000)),
  )
  .stricter(
    'two megabytes inflated',
    'R15.inflated',
    json((text) => text.replace('{', `{${' '.repeat(2_000_000)}`), {kinds: ['sign'], depths: [1]}),
  )
  .accepted(
    'white space',
    json((text) => JSON.stringify(JSON.parse(text), undefined, 1)),
  )
  .accepted(
    'escapes',
    json((text) => text.replace('"controller"', '"\\u0063ontroller"')),
  )
  .stricter(
    'duplicate key',
    'R15.duplicate-key',
    json((text) => text.replace('{', '{"id":"urn:uuid:0",')),
  )
  .stricter(
    'byte order mark',
    'R15.utf-8',
    json((text) => `\ufeff${text}`),
  )
  .refused(
    'null',
    json(() => 'null'),
  )
  .refused(
    'an array',
    json((text) => `[${text}]`),
  )
  .refused(
    'a text',
    json(() => '"urn:zcap:root:"'),
  )
  .refused(
    'a number',
    json(() => '1'),
  )
  .refused(
    'nothing',
    json(() => ''),
  )
  .refused(
    'an empty object',
    json(() => '{}'),
  )
  .refused(
    'cut JSON',
    json((text) => text.slice(0, -1)),
  )
  .refused(
    'UTF-16',
    json((text) => Buffer.from(text, 'utf16le')),
  )
  .stricter(
    'a prototype key',
    'R15.prototype-key',
    json((text) => text.replace('{', '{"__proto__":{"allowedAction":"write"},')),
  )
  .refused(
    'deep JSON',
    json((text) => text.replace('{', `{"deep":${'['.repeat(60)}${']'.repeat(60)},`)),
  );
