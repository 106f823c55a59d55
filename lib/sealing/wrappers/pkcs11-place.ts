import {parsePkcs11Uri, type Pkcs11Uri} from '../../encoding/pkcs11-uri.ts';
import type {Pkcs11TokenOptions} from '../../pkcs11/pkcs11-token.ts';
import type {SessionPoolLimits} from '../../pkcs11/session-pool.ts';
import {RootOfTrustError} from '../root-of-trust-error.ts';

/** What URIs of roots in tokens need not say. */
export interface Pkcs11Defaults {
  /** Absolute path of the library. */
  readonly library?: string | undefined;
  readonly tokenLabel?: string | undefined;
  /** Absolute path of a private file. */
  readonly pinFile?: string | undefined;
  /** Directory in which it is remembered that a PIN was refused. */
  readonly stateDir: string;
  /** What the token may take for one operation. */
  readonly timeoutMs?: number | undefined;
}

/** Of a root, which is used when keys of scopes are opened and made. */
const SESSIONS = 2;
/** All of it is the server's own. */
const LIMITS: SessionPoolLimits = {
  uses: {queueLength: 4096, share: 4096},
  makings: {queueLength: 16, share: 16},
};

/** @throws RootOfTrustError, `bad-setting` */
export function parseRootUri(uri: string): Pkcs11Uri {
  try {
    return parsePkcs11Uri(uri);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : 'is malformed';
    throw new RootOfTrustError('bad-setting', `The URI of a root of trust in a token ${problem}`, {cause});
  }
}

/** How to open the token. @throws RootOfTrustError, `bad-setting` where neither the URI nor the settings say it */
export function tokenOptions(
  {modulePath, pinSource, token, manufacturer, serial, model}: Pkcs11Uri,
  {stateDir, timeoutMs, ...defaults}: Pkcs11Defaults,
): Pkcs11TokenOptions {
  const named = [token, manufacturer, serial, model].some((part) => part !== undefined);
  const label = named ? token : given(defaults.tokenLabel, 'token=<label>', 'WEBKMS_PKCS11_TOKEN');
  return {
    library: given(modulePath ?? defaults.library, '?module-path=<path>', 'WEBKMS_PKCS11_LIBRARY'),
    token: {
      ...(label !== undefined && {label}),
      ...(manufacturer !== undefined && {manufacturer}),
      ...(serial !== undefined && {serial}),
      ...(model !== undefined && {model}),
    },
    pinFile: given(pinSource ?? defaults.pinFile, '?pin-source=file:<path>', 'WEBKMS_PKCS11_PIN_FILE'),
    stateDir,
    sessions: SESSIONS,
    limits: LIMITS,
    ...(timeoutMs !== undefined && {timeLimitMs: timeoutMs}),
  };
}

function given(value: string | undefined, attribute: string, variable: string): string {
  if (value !== undefined) return value;
  throw new RootOfTrustError(
    'bad-setting',
    `The URI of the root of trust lacks ${attribute}, and ${variable} is not set.`,
  );
}
