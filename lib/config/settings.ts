import {deriveIpc, ipcProblems, type IpcSettings} from './ipc-settings.ts';
import {isolationProblems} from './isolation-problems.ts';
import type {ListenAddress} from './address-parsers.ts';
import type {KeyModuleSetting} from './key-module-parsers.ts';
import type {StorageLocation} from './location-parsers.ts';
import type {Rate} from './parsers.ts';
import {derivePkcs11, pkcs11Problems, type Pkcs11Settings} from './pkcs11-settings.ts';
import type {ParsedSettings} from './settings-schema.ts';
import type {SettingProblem} from './settings-error.ts';

export type TlsSettings =
  | {readonly mode: 'off'}
  | {readonly mode: 'self-signed'}
  /** Absolute paths of PEM files. */
  | {readonly mode: 'files'; readonly cert: string; readonly key: string};

/** What the server asks of all keys, as keys/key-defaults.ts has it. */
export interface KeyDefaultSettings {
  readonly enforced: boolean;
  readonly symmetricRotationSeconds?: number;
  readonly asymmetricRotationSeconds?: number;
  readonly deletionWindowSeconds: number;
  readonly minDeletionWindowSeconds: number;
}

/** What the server runs on: checked against each other, paths absolute. */
export interface Settings {
  /** The public https origin, without a final slash. */
  readonly baseUrl: string;
  readonly listen: ListenAddress;
  readonly tls: TlsSettings;
  readonly dataDir: string;
  readonly storage: StorageLocation;
  /** For stores on other servers. */
  readonly storageAccess: {
    readonly passwordFile: string | undefined;
    readonly maxConnections: number;
    readonly timeoutMs: number;
  };
  /** URI of the wrapper that seeds an empty store; paths in it are absolute. */
  readonly rootWrapper: string;
  /** URIs of others that a key process may open; paths in them are absolute. */
  readonly otherRootWrappers: readonly string[];
  /** undefined: keys are rotated only when an operator says so. */
  readonly rotateAfterSeconds: number | undefined;
  /** Records that are re-sealed per second at most; undefined: no limit. */
  readonly rewrapRate: number | undefined;
  /** DIDs that may create keystores; `open`: the new keystore's controller. */
  readonly keystoreCreation: 'open' | readonly string[];
  /** CIDR blocks. */
  readonly trustedProxies: readonly string[];
  /** The first is for keystores that ask for none. */
  readonly keyModules: readonly KeyModuleSetting[];
  readonly pkcs11: Pkcs11Settings;
  readonly keyDescriptions: 'authorized' | 'public';
  readonly keyDefaults: KeyDefaultSettings;
  /** undefined: did:web is off. */
  readonly didWeb: {readonly ports: readonly number[]} | undefined;
  readonly maxDelegationTtlSeconds: number;
  readonly quotas: {
    readonly keystoresPerCreator: number;
    readonly keysPerKeystore: number;
    readonly revocationsPerDelegator: number;
  };
  /** undefined: no limit. */
  readonly rateLimit: {readonly address: Rate | undefined; readonly invoker: Rate | undefined};
  readonly maxConnections: number;
  readonly requestTimeoutSeconds: number;
  readonly shutdownTimeoutSeconds: number;
  /** Whether keys are in a process of their own. */
  readonly isolation: 'none' | 'process';
  /** Processes that answer requests. */
  readonly workers: number;
  /** undefined: no socket for applications on this host. */
  readonly ipc: IpcSettings | undefined;
  /** `manifest`: absolute path of a recorded one. */
  readonly selfCheck: {
    readonly mode: ParsedSettings['WEBKMS_SELF_CHECK'];
    readonly manifest: string | undefined;
  };
  /** undefined: no metrics. */
  readonly metricsListen: ListenAddress | undefined;
  /** `file` undefined: standard error. */
  readonly log: {readonly level: ParsedSettings['WEBKMS_LOG_LEVEL']; readonly file: string | undefined};
}

/** Single settings → what the server runs on. */
export function deriveSettings(parsed: ParsedSettings): Settings {
  const addressRate = parsed.WEBKMS_RATE_LIMIT;
  const invokerRate = parsed.WEBKMS_RATE_LIMIT_INVOKER;
  return Object.freeze<Settings>({
    baseUrl: parsed.WEBKMS_BASE_URL,
    listen: parsed.WEBKMS_LISTEN,
    tls: deriveTls(parsed),
    dataDir: parsed.WEBKMS_DATA_DIR,
    storage: parsed.WEBKMS_STORAGE,
    storageAccess: {
      passwordFile: parsed.WEBKMS_STORAGE_PASSWORD_FILE,
      maxConnections: parsed.WEBKMS_STORAGE_CONNECTIONS,
      timeoutMs: parsed.WEBKMS_STORAGE_TIMEOUT * 1000,
    },
    rootWrapper: parsed.WEBKMS_ROOT_WRAPPER,
    otherRootWrappers: parsed.WEBKMS_OTHER_ROOT_WRAPPERS,
    rotateAfterSeconds: parsed.WEBKMS_ROTATE_AFTER,
    rewrapRate: parsed.WEBKMS_REWRAP_RATE,
    keystoreCreation: parsed.WEBKMS_KEYSTORE_CREATION,
    trustedProxies: parsed.WEBKMS_TRUSTED_PROXIES,
    keyModules: parsed.WEBKMS_KEY_MODULES,
    pkcs11: derivePkcs11(parsed),
    keyDescriptions: parsed.WEBKMS_KEY_DESCRIPTIONS,
    keyDefaults: deriveKeyDefaults(parsed),
    didWeb: parsed.WEBKMS_DID_WEB === 'on' ? {ports: parsed.WEBKMS_DID_WEB_PORTS} : undefined,
    maxDelegationTtlSeconds: parsed.WEBKMS_MAX_DELEGATION_TTL,
    quotas: {
      keystoresPerCreator: parsed.WEBKMS_MAX_KEYSTORES_PER_CREATOR,
      keysPerKeystore: parsed.WEBKMS_MAX_KEYS_PER_KEYSTORE,
      revocationsPerDelegator: parsed.WEBKMS_MAX_REVOCATIONS_PER_DELEGATOR,
    },
    rateLimit: {address: addressRate, invoker: invokerRate === 'as address' ? addressRate : invokerRate},
    maxConnections: parsed.WEBKMS_MAX_CONNECTIONS,
    requestTimeoutSeconds: parsed.WEBKMS_REQUEST_TIMEOUT,
    shutdownTimeoutSeconds: parsed.WEBKMS_SHUTDOWN_TIMEOUT,
    isolation: parsed.WEBKMS_ISOLATION,
    workers: parsed.WEBKMS_WORKERS,
    ipc: deriveIpc(parsed),
    selfCheck: {mode: parsed.WEBKMS_SELF_CHECK, manifest: parsed.WEBKMS_SELF_CHECK_MANIFEST},
    metricsListen: parsed.WEBKMS_METRICS_LISTEN,
    log: {level: parsed.WEBKMS_LOG_LEVEL, file: parsed.WEBKMS_LOG_FILE},
  });
}

/** What is wrong between settings that are each right. */
export function crossCheck(parsed: ParsedSettings): SettingProblem[] {
  const problems: SettingProblem[] = [];
  for (const variable of ['WEBKMS_TLS_CERT', 'WEBKMS_TLS_KEY'] as const) {
    const given = parsed[variable] !== undefined;
    if (parsed.WEBKMS_TLS === 'files' && !given) {
      problems.push({variable, problem: 'must name a file, since WEBKMS_TLS is files'});
    }
    if (parsed.WEBKMS_TLS !== 'files' && given) {
      problems.push({variable, problem: 'is used only if WEBKMS_TLS is files'});
    }
  }
  problems.push(
    ...storageProblems(parsed),
    ...pkcs11Problems(parsed),
    ...isolationProblems(parsed),
    ...ipcProblems(parsed),
  );
  if (parsed.WEBKMS_KEY_RECOVERY_WINDOW < parsed.WEBKMS_KEY_MIN_RECOVERY_WINDOW) {
    problems.push({
      variable: 'WEBKMS_KEY_RECOVERY_WINDOW',
      problem: 'must not be shorter than WEBKMS_KEY_MIN_RECOVERY_WINDOW',
    });
  }
  const creators = parsed.WEBKMS_KEYSTORE_CREATION;
  if (
    creators !== 'open' &&
    parsed.WEBKMS_DID_WEB === 'off' &&
    creators.some((did) => did.startsWith('did:web:'))
  ) {
    problems.push({
      variable: 'WEBKMS_KEYSTORE_CREATION',
      problem: 'lists a did:web, which needs WEBKMS_DID_WEB to be on',
    });
  }
  return problems;
}

function storageProblems({
  WEBKMS_STORAGE: storage,
  WEBKMS_STORAGE_PASSWORD_FILE: passwordFile,
}: ParsedSettings): SettingProblem[] {
  if (passwordFile === undefined) return [];
  const variable = 'WEBKMS_STORAGE_PASSWORD_FILE';
  if (storage.kind === 'sqlite') {
    return [{variable, problem: 'is used only if WEBKMS_STORAGE is a URL of PostgreSQL or MongoDB'}];
  }
  return storage.holdsPassword
    ? [{variable, problem: 'is given, and WEBKMS_STORAGE has a password, too'}]
    : [];
}

function deriveKeyDefaults(parsed: ParsedSettings): KeyDefaultSettings {
  const symmetricRotationSeconds = parsed.WEBKMS_KEY_ROTATION_SYMMETRIC;
  const asymmetricRotationSeconds = parsed.WEBKMS_KEY_ROTATION_ASYMMETRIC;
  return {
    enforced: parsed.WEBKMS_KEY_ROTATION === 'enforce',
    ...(symmetricRotationSeconds !== undefined && {symmetricRotationSeconds}),
    ...(asymmetricRotationSeconds !== undefined && {asymmetricRotationSeconds}),
    deletionWindowSeconds: parsed.WEBKMS_KEY_RECOVERY_WINDOW,
    minDeletionWindowSeconds: parsed.WEBKMS_KEY_MIN_RECOVERY_WINDOW,
  };
}

function deriveTls({
  WEBKMS_TLS: mode,
  WEBKMS_TLS_CERT: cert,
  WEBKMS_TLS_KEY: key,
}: ParsedSettings): TlsSettings {
  if (mode !== 'files') return {mode};
  if (cert === undefined || key === undefined)
    throw new Error('Unreachable: crossCheck found both files named.');
  return {mode, cert, key};
}
