import {createHash} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {CKF, CKR} from './cryptoki.ts';
import {withLoginLock} from './login-lock.ts';
import {Pkcs11Error} from './pkcs11-error.ts';
import {readPin} from './read-pin.ts';
import {RefusedPins} from './refused-pins.ts';
import {TokenError} from './token-error.ts';

export interface LoginOptions {
  /** For messages. */
  readonly token: {readonly label: string; readonly serial: string};
  readonly pinFile: string;
  /** Where it is remembered which PIN was refused: all processes that log in have the same. */
  readonly stateDir: string;
  /** The token's flags, now. */
  readonly readFlags: () => Promise<number>;
  /** @throws Pkcs11Error */
  readonly login: (pin: string) => Promise<void>;
}

/** In the state's directory; who confines a process lets it write here. */
const DIRECTORY = 'pkcs11';

const REFUSALS: ReadonlySet<number> = new Set([CKR.PIN_INCORRECT, CKR.PIN_INVALID, CKR.PIN_LEN_RANGE]);

/**
 * Logs in with the PIN of the file. Tokens lock themselves after a few wrong ones: a PIN that was refused is not tried
 * again, by no process, until the file holds another, or an operator says so.
 * @throws TokenError; Pkcs11Error where it failed of something else
 */
export async function logIn(options: LoginOptions): Promise<void> {
  const {token} = options;
  const directory = join(options.stateDir, DIRECTORY);
  await mkdir(directory, {recursive: true, mode: 0o700});
  const name = createHash('sha256').update(`${token.label}\0${token.serial}`).digest('hex').slice(0, 16);
  const refused = new RefusedPins(join(directory, `refused-pin-${name}.json`));
  await withLoginLock(join(directory, `login-${name}.lock`), () => tryOnce(options, refused));
}

async function tryOnce(
  {token: {label}, pinFile, readFlags, login}: LoginOptions,
  refused: RefusedPins,
): Promise<void> {
  const pin = await readPin(pinFile);
  const memory = await refused.recall(pin);
  if (memory === 'refused') {
    throw new TokenError(
      'pin-refused',
      `The token ${label} refused the PIN in ${pinFile}, and it is not tried again. Put the right one there; or, if the token's PIN was changed to it, delete ${refused.path}.`,
    );
  }
  assertTriesLeft(label, await readFlags(), memory === 'another-was');
  try {
    await login(pin);
  } catch (error) {
    const code = error instanceof Pkcs11Error ? error.code : undefined;
    if (code !== undefined && REFUSALS.has(code)) {
      await refused.remember(pin);
      throw new TokenError(
        'pin-refused',
        `The token ${label} refused the PIN in ${pinFile}. It is not tried again: put the right one there.`,
        {cause: error},
      );
    }
    if (code === CKR.PIN_LOCKED) throw locked(label, error);
    if (code === CKR.PIN_EXPIRED || code === CKR.USER_PIN_NOT_INITIALIZED) {
      throw new TokenError(
        'login-failed',
        `The token ${label} has no user PIN that is in force: set it with the token's own tool.`,
        {cause: error},
      );
    }
    throw error;
  }
  await refused.settle();
}

/** @param otherPin the one that was refused last is known, and is another */
function assertTriesLeft(label: string, flags: number, otherPin: boolean): void {
  if ((flags & CKF.USER_PIN_LOCKED) !== 0) throw locked(label);
  const mustNot =
    (flags & CKF.USER_PIN_FINAL_TRY) !== 0 || ((flags & CKF.USER_PIN_COUNT_LOW) !== 0 && !otherPin);
  if (!mustNot) return;
  throw new TokenError(
    'pin-refused',
    `The token ${label} says that the last PIN it was given was wrong. Nothing is tried by itself now: log in to it once with its own tool and the right PIN, and look that the PIN file has the same.`,
  );
}

function locked(label: string, cause?: unknown): TokenError {
  return new TokenError(
    'pin-locked',
    `The PIN of the token ${label} is locked, after too many wrong ones: its security officer must reset it.`,
    {cause},
  );
}
