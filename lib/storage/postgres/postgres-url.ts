import {readFileSync} from 'node:fs';
import type {ConnectionOptions} from 'node:tls';
import type {ClientConfig} from 'pg';
import {errorCode} from '../../error-code.ts';
import {StoreOpenError} from '../store-open-error.ts';
import type {Server} from './servers.ts';

export interface PostgresLocation {
  /** Whole but for the server: the driver finds nothing in the environment, nor in files, that is not in the URL. */
  readonly config: ClientConfig;
  /** One of them takes writes. */
  readonly servers: readonly Server[];
  /** Who could read or change what goes over the network, where that is anybody. */
  readonly exposure?: 'plain' | 'unauthenticated';
}

type Options = ReadonlyMap<string, string>;

/** As libpq knows them. */
const OPTIONS: ReadonlySet<string> = new Set(
  'application_name options sslcert sslkey sslmode sslnegotiation sslrootcert target_session_attrs'.split(
    ' ',
  ),
);
/** Of target_session_attrs: what is asked of a server in any case. */
const TAKES_WRITES: ReadonlySet<string> = new Set(['read-write', 'primary']);
const DEFAULT_PORT = 5432;

function refuse(problem: string): never {
  throw new StoreOpenError('ERR_STORE_UNREACHABLE', `WEBKMS_STORAGE ${problem}.`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('is not percent-encoded as a URL is');
  }
}

function readOptions(url: URL): Options {
  const options = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!OPTIONS.has(name)) refuse(`has an option that is none of ${[...OPTIONS].join(', ')}`);
    if (options.has(name)) refuse(`has the option ${name} twice`);
    options.set(name, value);
  }
  if (!TAKES_WRITES.has(options.get('target_session_attrs') ?? 'primary')) {
    refuse('has another target_session_attrs than read-write or primary');
  }
  return options;
}

function readPem(options: Options, name: string): string | undefined {
  const path = options.get(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error) ?? 'error';
    return refuse(`names a file as ${name} that cannot be read (${code})`);
  }
}

type Tls = false | (ConnectionOptions & {readonly rejectUnauthorized: boolean});

/** As libpq: `require` encrypts, and believes any certificate, unless it is told which authority's. */
function readTls(options: Options): Tls {
  const mode = options.get('sslmode');
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => readPem(options, name));
  const files = {
    ...(ca !== undefined && {ca}),
    ...(cert !== undefined && {cert}),
    ...(key !== undefined && {key}),
  };
  switch (mode) {
    case undefined:
    case 'disable':
      return Object.keys(files).length === 0
        ? false
        : refuse('names certificates, and no sslmode that uses them');
    case 'require':
      if (ca === undefined) return {...files, rejectUnauthorized: false};
      return {...files, rejectUnauthorized: true, checkServerIdentity: () => undefined};
    case 'verify-ca':
      return {...files, rejectUnauthorized: true, checkServerIdentity: () => undefined};
    case 'verify-full':
      return {...files, rejectUnauthorized: true};
    default:
      return refuse('has another sslmode than disable, require, verify-ca or verify-full');
  }
}

/** On this machine: a socket's directory, or its own addresses. */
const isLocal = (host: string): boolean => /^(?:\/|localhost$|127\.|::1$)/.test(host);

/** The URL of each of its hosts, all alike but for that. */
function parseUrls(text: string): readonly [URL, ...URL[]] {
  const [, before = '', hosts = '', after = ''] =
    /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(text) ?? [];
  const parse = (host: string): URL =>
    URL.parse(`${before}${host}${after}`) ?? refuse('must be postgres://<user>@<host>[,<host>…]/<database>');
  const [first = '', ...others] = hosts.split(',');
  return [parse(first), ...others.map(parse)];
}

function serverOf(url: URL): Server {
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host === '') refuse('must name a host, and each by a name');
  return {host, port: url.port === '' ? DEFAULT_PORT : Number(url.port)};
}

/** @throws StoreOpenError, which names the setting, and nothing of what it holds but names of options. */
export function parsePostgresUrl(text: string, password: string | undefined): PostgresLocation {
  const urls = parseUrls(text);
  const [url] = urls;
  const [user, database] = [decode(url.username), decode(url.pathname.slice(1))];
  if (user === '' || database === '') refuse('must name a user, a host and a database');
  const servers = urls.map(serverOf);
  const options = readOptions(url);
  const tls = readTls(options);
  const sessionOptions = options.get('options');
  const secret = password ?? decode(url.password);
  const exposure = tls === false ? 'plain' : tls.rejectUnauthorized ? undefined : 'unauthenticated';
  return {
    servers,
    ...(exposure !== undefined && !servers.every(({host}) => isLocal(host)) && {exposure}),
    config: {
      user,
      database,
      // A function: the driver looks for a password elsewhere where it is given none, or an empty one.
      password: () => secret,
      ssl: tls,
      sslnegotiation: options.get('sslnegotiation') === 'direct' ? 'direct' : 'postgres',
      application_name: options.get('application_name') ?? 'webkms',
      ...(sessionOptions !== undefined && {options: sessionOptions}),
    },
  };
}
