import {decodeBase64url, encodeBase64url} from '../encoding/base64url.ts';
import {canonicalJson} from '../encoding/canonical-json.ts';
import type {KeyOperation, KeyPolicy, KeyRecord, KeyVersionRecord} from './key-record.ts';

type Tags = NonNullable<KeyRecord['tags']>;
type Certificates = NonNullable<KeyVersionRecord['certificates']>;

/** Members of a key that are columns of JSON. What they say is authenticated with the record; this sees to their form. */
export const formatJson = (value: object | undefined): string | null =>
  value === undefined ? null : canonicalJson(value);

export const formatCertificates = (certificates: Certificates | undefined): string | null =>
  formatJson(certificates?.map(encodeBase64url));

/** One text stands for one value: what a database finds in it, e.g. the name, is what is read here. */
function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (canonicalJson(value) !== text) throw new TypeError('JSON at rest is not as it was written.');
  return value;
}

function requireStrings(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new TypeError('A list of strings at rest is something else.');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const parseKeyOps = (text: string): readonly KeyOperation[] =>
  requireStrings(parseJson(text)) as readonly KeyOperation[];

export function parseTags(text: string): Tags {
  const value = parseJson(text);
  if (isObject(value) && Object.values(value).every((tag) => typeof tag === 'string')) return value as Tags;
  throw new TypeError('Tags at rest are something else.');
}

export function parsePolicy(text: string): KeyPolicy {
  const value = parseJson(text);
  if (isObject(value)) return value;
  throw new TypeError('A policy at rest is something else.');
}

export function parseCertificates(text: string): Certificates {
  return requireStrings(parseJson(text)).map((item) => {
    const bytes = decodeBase64url(item);
    if (!bytes) throw new TypeError('A certificate at rest is something else.');
    return bytes;
  });
}
