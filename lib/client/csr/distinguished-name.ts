import {MalformedRequestError} from '../../errors.ts';

/** An attribute of a name, e.g. `{type: 'CN', value: 'Alice'}`. */
export interface SubjectAttribute {
  /** A short name (RFC 4514 §3 and a few more) or a dotted OID. */
  readonly type: string;
  readonly value: string;
}

/** What stands at one place of a name: mostly one attribute. */
export type RelativeName = readonly SubjectAttribute[];

/** By short name, upper case. */
const ATTRIBUTE_OIDS: ReadonlyMap<string, string> = new Map([
  ['CN', '2.5.4.3'],
  ['SN', '2.5.4.4'],
  ['SERIALNUMBER', '2.5.4.5'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['STREET', '2.5.4.9'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['TITLE', '2.5.4.12'],
  ['GN', '2.5.4.42'],
  ['ORGANIZATIONIDENTIFIER', '2.5.4.97'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['E', '1.2.840.113549.1.9.1'],
  ['EMAILADDRESS', '1.2.840.113549.1.9.1'],
]);

const OID = /^[0-2](?:\.(?:0|[1-9]\d{0,38})){1,31}$/;
const MAX_ATTRIBUTES = 64;
const utf8 = new TextDecoder('utf-8', {fatal: true});

/** @throws MalformedRequestError where there is no attribute of that name */
export function attributeOid(type: string): string {
  const oid = OID.test(type) ? type : ATTRIBUTE_OIDS.get(type.toUpperCase());
  if (oid !== undefined) return oid;
  throw new MalformedRequestError(
    `The subject has an attribute that is not known: give its OID, or one of ${[...ATTRIBUTE_OIDS.keys()].join(', ')}.`,
  );
}

/**
 * Reads a name as RFC 4514 writes it: `CN=Alice,O=Example\, Inc.,C=CH`; the empty text is the empty name. Spaces around the
 * separators are let pass. Values as hexadecimal BER (`#04…`) are not.
 * @returns what it consists of in the order of certificates, which is the reverse of the text's
 * @throws MalformedRequestError
 */
export function parseDistinguishedName(text: string): readonly RelativeName[] {
  if (text.trim() === '') return [];
  const names: SubjectAttribute[][] = [[]];
  let rest = text;
  for (let count = 0; ; count++) {
    if (count === MAX_ATTRIBUTES) throw malformed(`it has more than ${MAX_ATTRIBUTES} attributes`);
    const [head = '', type = ''] = /^ *([A-Za-z][A-Za-z0-9-]*|[0-9][0-9.]*) *= */.exec(rest) ?? [];
    if (type === '') throw malformed('an attribute is written NAME=value');
    const value = readValue(rest.slice(head.length));
    names.at(-1)?.push({type, value: value.text});
    const separator = value.rest[0];
    if (separator === undefined) return names.reverse();
    if (separator !== '+') names.push([]);
    rest = value.rest.slice(1);
  }
}

/** RFC 4514 §3: `string`, up to what separates it from the next. */
function readValue(text: string): {readonly text: string; readonly rest: string} {
  if (text.startsWith('#')) throw malformed('values in hexadecimal are not read');
  const bytes: Buffer[] = [];
  let position = 0;
  /** How long the value is without spaces at its end that were not escaped. */
  let significant = 0;
  while (position < text.length && !/[,+;]/.test(text.charAt(position))) {
    const [unit = '', escapedHex, escaped] =
      /^(?:\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|[^"<>\\])/u.exec(text.slice(position)) ?? [];
    if (unit === '') throw malformed('one of " + , ; < > \\ must be written with \\ before it');
    bytes.push(escapedHex === undefined ? Buffer.from(escaped ?? unit) : Buffer.from(escapedHex, 'hex'));
    position += unit.length;
    if (unit !== ' ') significant = bytes.length;
  }
  if (significant === 0) throw malformed('a value is empty');
  return {text: decode(Buffer.concat(bytes.slice(0, significant))), rest: text.slice(position)};
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('a value is not UTF-8');
  }
}

function malformed(problem: string): MalformedRequestError {
  return new MalformedRequestError(`The subject is not a name as RFC 4514 writes it: ${problem}.`);
}
