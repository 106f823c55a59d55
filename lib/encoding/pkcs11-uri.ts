/** A secret key of a token, as a URI names it (RFC 7512). What is not given is found out elsewhere. */
export interface Pkcs11Uri {
  /** Label of the token. */
  readonly token?: string;
  readonly manufacturer?: string;
  readonly serial?: string;
  readonly model?: string;
  /** Label of the key (CKA_LABEL). */
  readonly object?: string;
  /** CKA_ID of the key. */
  readonly id?: Uint8Array;
  /** Absolute path of the library. */
  readonly modulePath?: string;
  /** Absolute path of the file that holds the PIN. */
  readonly pinSource?: string;
}

const SCHEME = 'pkcs11:';
const MAX_LENGTH = 2048;
/** PKCS #11 pads what it says of tokens with spaces, which so cannot be told from a text's own. */
const TOKEN_TEXT_BYTES = {token: 32, manufacturer: 32, serial: 16, model: 16} as const;
const MAX_OBJECT_BYTES = 255;
const PATH_NAMES: readonly string[] = [...Object.keys(TOKEN_TEXT_BYTES), 'object', 'id', 'type'];
const QUERY_NAMES: readonly string[] = ['module-path', 'pin-source'];
/** RFC 7512 §2.3: unreserved, and what is free where it stands; `%` is looked at apart. */
const PATH_VALUE = /^(?:[A-Za-z0-9._~:[\]@!$'()*+,=&-]|%[0-9A-Fa-f]{2})+$/;
const QUERY_VALUE = /^(?:[A-Za-z0-9._~:[\]@!$'()*+,=/?|-]|%[0-9A-Fa-f]{2})+$/;

/**
 * Strict: each attribute once, none that is not known here, and no PIN, as URIs are stored and shown.
 * @throws Error, whose message says what the URI must be, and never repeats it
 */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  if (!text.startsWith(SCHEME) || text.length > MAX_LENGTH) throw malformed();
  const rest = text.slice(SCHEME.length);
  const at = rest.indexOf('?');
  const path = readAttributes(at < 0 ? rest : rest.slice(0, at), ';', PATH_NAMES, PATH_VALUE);
  const query = at < 0 ? NONE : readAttributes(rest.slice(at + 1), '&', QUERY_NAMES, QUERY_VALUE);
  const type = path.get('type');
  if (type !== undefined && type.toString() !== 'secret-key') throw new Error('must have type=secret-key');
  const [object, id] = [path.get('object'), path.get('id')];
  if (!object && !id) throw new Error('must name a key by object=<label>, or by id=<CKA_ID>');
  if (id && id.length > MAX_OBJECT_BYTES)
    throw new Error(`must have an id of at most ${MAX_OBJECT_BYTES} bytes`);
  const [library, pin] = [query.get('module-path'), query.get('pin-source')];
  return {
    ...Object.fromEntries(
      Object.entries(TOKEN_TEXT_BYTES).flatMap(([name, bytes]) => {
        const value = path.get(name);
        return value ? [[name, readText(name, value, bytes)]] : [];
      }),
    ),
    ...(object && {object: readText('object', object, MAX_OBJECT_BYTES)}),
    ...(id && {id: Uint8Array.from(id)}),
    ...(library && {modulePath: readPath('module-path', library)}),
    ...(pin && {pinSource: readPinSource(pin)}),
  };
}

/** The one spelling of a URI: attributes in this order, and percent-encoded where they could be. */
export function formatPkcs11Uri({id, modulePath, pinSource, ...texts}: Pkcs11Uri): string {
  const named = (['token', 'manufacturer', 'serial', 'model', 'object'] as const).flatMap((name) => {
    const text = texts[name];
    return text === undefined ? [] : [`${name}=${encode(text)}`];
  });
  const path = [...named, ...(id ? [`id=${encodeAll(id)}`] : []), 'type=secret-key'];
  const query = [
    ...(modulePath === undefined ? [] : [`module-path=${encodePath(modulePath)}`]),
    ...(pinSource === undefined ? [] : [`pin-source=file:${encodePath(pinSource)}`]),
  ];
  return `${SCHEME}${path.join(';')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

type Attributes = ReadonlyMap<string, Buffer>;
const NONE: Attributes = new Map();

function readAttributes(
  text: string,
  separator: string,
  names: readonly string[],
  value: RegExp,
): Attributes {
  const attributes = new Map<string, Buffer>();
  for (const part of text.split(separator)) {
    const at = part.indexOf('=');
    const [name, encoded] = [part.slice(0, Math.max(0, at)), part.slice(at + 1)];
    // Whatever it is: it would be stored, and shown.
    if (name === 'pin-value')
      throw new Error('must not hold a PIN: name the file that does by pin-source=file:<path>');
    if (!names.includes(name) || !value.test(encoded)) throw malformed();
    if (attributes.has(name)) throw new Error(`must not have ${name} twice`);
    attributes.set(name, decode(encoded));
  }
  return attributes;
}

function decode(encoded: string): Buffer {
  const parts = encoded.split(/(%..)/);
  return Buffer.concat(
    parts.map((part) =>
      part.startsWith('%') ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'latin1'),
    ),
  );
}

function readText(name: string, bytes: Uint8Array, maxBytes: number): string {
  const problem = new Error(
    `must have a text as ${name} of at most ${maxBytes} bytes of UTF-8, without controls or spaces at its end`,
  );
  let text: string;
  try {
    text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    throw problem;
  }
  if (bytes.length > maxBytes || /\p{Cc}/u.test(text) || text.endsWith(' ')) throw problem;
  return text;
}

function readPath(name: string, bytes: Uint8Array): string {
  const path = readText(name, bytes, MAX_LENGTH);
  // `//host/path` is of another host.
  if (!path.startsWith('/') || path.startsWith('//'))
    throw new Error(`must have an absolute path as ${name}`);
  return path;
}

function readPinSource(bytes: Uint8Array): string {
  const source = readText('pin-source', bytes, MAX_LENGTH);
  const [, path] = /^file:(?:\/\/(?=\/))?(.+)$/.exec(source) ?? [];
  if (path === undefined) throw new Error('must have pin-source=file:<absolute path>');
  return readPath('pin-source', Buffer.from(path));
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (free) => encodeAll(Buffer.from(free)));
}

function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

function encodeAll(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
}

function malformed(): Error {
  return new Error(
    'must be pkcs11:token=<label>;object=<label>, with what else of token, manufacturer, serial, model, object and id says ' +
      'which key it is, and ?module-path=<path>&pin-source=file:<path> where the settings do not say it (RFC 7512)',
  );
}
