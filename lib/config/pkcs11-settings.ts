import type {KeyModuleSetting} from './key-module-parsers.ts';
import {durationUpTo, integer, optional, parsePath} from './parsers.ts';
import {setting} from './setting.ts';
import type {SettingProblem} from './settings-error.ts';

const MAX_LABEL_BYTES = 32;

/** A token's label, of at most 32 bytes: tokens pad it with spaces, which so cannot be told from its own. */
function parseTokenLabel(text: string): string {
  if (text !== text.trimEnd() || Buffer.byteLength(text) > MAX_LABEL_BYTES || /[\0-\x1f]/.test(text)) {
    throw new Error(`must be a token's label: at most ${MAX_LABEL_BYTES} bytes, no space at its end`);
  }
  return text;
}

/** Of the key module `pkcs11`; and what the URIs of roots of trust in tokens need not say. */
export const PKCS11_SETTINGS = {
  WEBKMS_PKCS11_LIBRARY: setting({
    default: '',
    parse: optional(parsePath),
    meaning:
      'of the key module `pkcs11`, and of roots of trust `pkcs11:…` that name none: the PKCS #11 library of the HSM (a file such as `libsofthsm2.so`)',
  }),
  WEBKMS_PKCS11_TOKEN: setting({
    default: '',
    parse: optional(parseTokenLabel),
    meaning: 'the label of the token that holds the keys',
  }),
  WEBKMS_PKCS11_PIN_FILE: setting({
    default: '',
    parse: optional(parsePath),
    meaning:
      'private file (mode 0600) that holds the user PIN of the token (one line); a PIN that the token has refused is not tried again',
  }),
  WEBKMS_PKCS11_SESSIONS: setting({
    default: '4',
    parse: integer(1, 64),
    meaning: 'operations of each process that the token does at the same time: threads, with a session each',
  }),
  WEBKMS_PKCS11_TIMEOUT: setting({
    default: '10s',
    parse: durationUpTo('5m'),
    meaning:
      'how long the token may take for one operation, the making of keys apart; then the request is answered with 503',
  }),
};

type ParsedPkcs11Settings = {
  readonly [V in keyof typeof PKCS11_SETTINGS]: ReturnType<(typeof PKCS11_SETTINGS)[V]['parse']>;
} & {readonly WEBKMS_KEY_MODULES: readonly KeyModuleSetting[]};

/** Where the token is; the first three are there where the key module `pkcs11` is offered. */
export interface Pkcs11Settings {
  /** Absolute path. */
  readonly library: string | undefined;
  readonly tokenLabel: string | undefined;
  /** Absolute path. */
  readonly pinFile: string | undefined;
  readonly sessions: number;
  readonly timeoutMs: number;
}

export function derivePkcs11(parsed: ParsedPkcs11Settings): Pkcs11Settings {
  return {
    library: parsed.WEBKMS_PKCS11_LIBRARY,
    tokenLabel: parsed.WEBKMS_PKCS11_TOKEN,
    pinFile: parsed.WEBKMS_PKCS11_PIN_FILE,
    sessions: parsed.WEBKMS_PKCS11_SESSIONS,
    timeoutMs: parsed.WEBKMS_PKCS11_TIMEOUT * 1000,
  };
}

/** What the key module lacks where it is offered. Without it, roots of trust may be in tokens: also those that the store lists. */
export function pkcs11Problems(parsed: ParsedPkcs11Settings): SettingProblem[] {
  if (!parsed.WEBKMS_KEY_MODULES.some(({name}) => name === 'pkcs11')) return [];
  const names = ['WEBKMS_PKCS11_LIBRARY', 'WEBKMS_PKCS11_TOKEN', 'WEBKMS_PKCS11_PIN_FILE'] as const;
  return names
    .filter((variable) => parsed[variable] === undefined)
    .map((variable) => ({variable, problem: 'must be given, since WEBKMS_KEY_MODULES names pkcs11'}));
}
