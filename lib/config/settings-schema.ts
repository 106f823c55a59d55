import {parseCidr, parseDid, parseHttpsOrigin, parseListenAddress} from './address-parsers.ts';
import {parseKeyModules} from './key-module-parsers.ts';
import {parseStorage} from './location-parsers.ts';
import {
  durationUpTo,
  integer,
  listOf,
  offOr,
  oneOf,
  optional,
  parsePath,
  parseRate,
  unlimitedOr,
} from './parsers.ts';
import {PKCS11_SETTINGS} from './pkcs11-settings.ts';
import {PROCESS_SETTINGS} from './process-settings.ts';
import {IPC_SETTINGS} from './ipc-settings.ts';
import {ROOT_SETTINGS} from './root-settings.ts';
import {SELF_CHECK_SETTINGS} from './self-check-settings.ts';
import {setting} from './setting.ts';

/**
 * Every setting there is, in the order of the documentation. Settings name the files and variables that hold secrets and
 * never are secrets themselves, so that an environment may be shown.
 */
export const SETTINGS = {
  WEBKMS_BASE_URL: setting({
    default: 'https://localhost:9443',
    parse: parseHttpsOrigin,
    meaning: 'public origin; ids are minted under `<origin>/kms`; `Host` must match',
  }),
  WEBKMS_LISTEN: setting({
    default: '127.0.0.1:9443',
    parse: parseListenAddress,
    meaning: 'address and port',
  }),
  WEBKMS_TLS: setting({
    default: 'self-signed',
    parse: oneOf('self-signed', 'files', 'off'),
    meaning:
      '`self-signed` (kept in the data dir) · `files` (`WEBKMS_TLS_CERT`, `WEBKMS_TLS_KEY`) · `off` (behind a TLS proxy)',
  }),
  WEBKMS_TLS_CERT: setting({
    default: '',
    parse: optional(parsePath),
    meaning: 'PEM file: the certificate, then its chain',
  }),
  WEBKMS_TLS_KEY: setting({
    default: '',
    parse: optional(parsePath),
    meaning: 'PEM file: the private key, not encrypted',
  }),
  WEBKMS_DATA_DIR: setting({
    default: './.webkms',
    parse: parsePath,
    meaning: 'where this server keeps its state',
  }),
  WEBKMS_STORAGE: setting({
    default: 'sqlite:<data dir>/webkms.db',
    parse: parseStorage,
    meaning:
      'where keystores and sealed keys are stored: `sqlite:<path>` · `postgres://<user>@<hosts>/<database>` · `mongodb://<user>@<hosts>/<database>?replicaSet=<name>`, with the options of their clients',
  }),
  WEBKMS_STORAGE_PASSWORD_FILE: setting({
    default: '',
    parse: optional(parsePath),
    meaning:
      'file that holds the password for `WEBKMS_STORAGE` (one line); or give it in the secret variable `WEBKMS_STORAGE_PASSWORD`',
  }),
  WEBKMS_STORAGE_CONNECTIONS: setting({
    default: '10',
    parse: integer(1, 1000),
    meaning: 'connections of each process to PostgreSQL or MongoDB, at most',
  }),
  WEBKMS_STORAGE_TIMEOUT: setting({
    default: '5s',
    parse: durationUpTo('5m'),
    meaning:
      'how long PostgreSQL or MongoDB may take for one operation; then the request is answered with 503',
  }),
  ...ROOT_SETTINGS,
  WEBKMS_ROTATE_AFTER: setting({
    default: 'off',
    parse: offOr(durationUpTo('3650d')),
    meaning:
      "age, such as `90d`, at which the server itself rotates a keystore's keys and re-seals what they sealed; or `off`",
  }),
  WEBKMS_REWRAP_RATE: setting({
    default: '250',
    parse: unlimitedOr(integer(1, 1_000_000)),
    meaning:
      'records per second that are re-sealed at most after a rotation; or `unlimited`: as many as leave requests their turn',
  }),
  WEBKMS_KEYSTORE_CREATION: setting({
    default: 'open',
    parse: (text) => (text === 'open' ? text : listOf(parseDid)(text)),
    meaning:
      "`open`: the new keystore's controller may create it · or a comma list of DIDs that may create any",
  }),
  WEBKMS_TRUSTED_PROXIES: setting({
    default: '',
    parse: listOf(parseCidr),
    meaning: 'CIDRs whose `X-Forwarded-For` counts',
  }),
  WEBKMS_KEY_MODULES: setting({
    default: 'software',
    parse: parseKeyModules,
    meaning:
      'key modules offered, the first of them to keystores that ask for none: `software` (existing clients call it `ssm-v1`, too) · `pkcs11`: an HSM, see docs/guides/hsm.md · `<name>=<package or absolute path>`: of somebody else, see docs/guides/key-modules.md',
  }),
  ...PKCS11_SETTINGS,
  WEBKMS_KEY_DESCRIPTIONS: setting({
    default: 'authorized',
    parse: oneOf('authorized', 'public'),
    meaning: 'who may read key descriptions: `authorized` or `public`',
  }),
  WEBKMS_KEY_ROTATION: setting({
    default: 'suggest',
    parse: oneOf('suggest', 'enforce'),
    meaning:
      'what the two ages that follow are: `suggest` warns of older keys, in their metadata and the log · `enforce` makes them part of every policy that is set from then on',
  }),
  WEBKMS_KEY_ROTATION_SYMMETRIC: setting({
    default: '90d',
    parse: offOr(durationUpTo('3650d')),
    meaning: 'age at which symmetric keys should be rotated; or `off`',
  }),
  WEBKMS_KEY_ROTATION_ASYMMETRIC: setting({
    default: '365d',
    parse: offOr(durationUpTo('3650d')),
    meaning: 'age at which keys that have a public key should be rotated; or `off`',
  }),
  WEBKMS_KEY_RECOVERY_WINDOW: setting({
    default: '30d',
    parse: durationUpTo('3650d'),
    meaning: 'how long a deleted key can be restored, where the deletion does not say',
  }),
  WEBKMS_KEY_MIN_RECOVERY_WINDOW: setting({
    default: '7d',
    parse: durationUpTo('3650d'),
    meaning: 'the shortest time that a deletion may say',
  }),
  WEBKMS_DID_WEB: setting({
    default: 'off',
    parse: oneOf('off', 'on'),
    meaning: 'whether `did:web` controllers are resolved, over the network; `did:key` always is, without it',
  }),
  WEBKMS_DID_WEB_PORTS: setting({
    default: '443',
    parse: listOf(integer(1, 65_535)),
    meaning: 'ports from which `did:web` documents are fetched',
  }),
  WEBKMS_MAX_DELEGATION_TTL: setting({
    default: '90d',
    parse: durationUpTo('3650d'),
    meaning: 'the longest that a delegated capability may live',
  }),
  WEBKMS_MAX_KEYSTORES_PER_CREATOR: setting({
    default: '10000',
    parse: integer(1, 1_000_000_000),
    meaning: 'keystores that one DID may create',
  }),
  WEBKMS_MAX_KEYS_PER_KEYSTORE: setting({
    default: '10000',
    parse: integer(1, 1_000_000_000),
    meaning: 'keys in one keystore',
  }),
  WEBKMS_MAX_REVOCATIONS_PER_DELEGATOR: setting({
    default: '1000',
    parse: integer(1, 1_000_000_000),
    meaning:
      "revocations in one keystore of what one delegate got and delegated on; the keystore's controllers are not bound by it",
  }),
  WEBKMS_RATE_LIMIT: setting({
    default: '600/1s',
    parse: offOr(parseRate),
    meaning:
      'requests per address before any crypto (IPv6: per /64); `off` for benchmarks and where a proxy does it',
  }),
  WEBKMS_RATE_LIMIT_INVOKER: setting({
    default: '',
    parse: (text) => (text === '' ? 'as address' : offOr(parseRate)(text)),
    meaning:
      'requests per invoker, counted once a signature has verified; the same as `WEBKMS_RATE_LIMIT` if not given',
  }),
  WEBKMS_MAX_CONNECTIONS: setting({
    default: '2000',
    parse: integer(1, 1_000_000),
    meaning: 'connections at a time; more are closed unanswered',
  }),
  WEBKMS_REQUEST_TIMEOUT: setting({
    default: '30s',
    parse: durationUpTo('1h'),
    meaning: 'a client has this long to send a whole request, and a third of it for the headers',
  }),
  WEBKMS_SHUTDOWN_TIMEOUT: setting({
    default: '10s',
    parse: durationUpTo('1h'),
    meaning: 'how long SIGTERM waits for requests in flight',
  }),
  ...PROCESS_SETTINGS,
  ...IPC_SETTINGS,
  ...SELF_CHECK_SETTINGS,
  WEBKMS_METRICS_LISTEN: setting({
    default: 'off',
    parse: offOr(parseListenAddress),
    meaning:
      'address and port of a listener of its own for `/metrics` (plain HTTP: keep it private); or `off`',
  }),
  WEBKMS_LOG_LEVEL: setting({
    default: 'info',
    parse: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    meaning: 'pino levels: `fatal`, `error`, `warn`, `info`, `debug`, `trace`, `silent`',
  }),
  WEBKMS_LOG_FILE: setting({
    default: '',
    parse: optional(parsePath),
    meaning: 'file that the log is appended to, as JSON lines; standard error if not given',
  }),
  WEBKMS_HOME: setting({
    default: '~/.webkms',
    // Read by the client's commands: a server needs no home.
    parse: (text) => text,
    meaning: 'profiles of the command line client',
  }),
};

export type Variable = keyof typeof SETTINGS;

/** The settings, each parsed by itself. */
export type ParsedSettings = {readonly [V in Variable]: ReturnType<(typeof SETTINGS)[V]['parse']>};
