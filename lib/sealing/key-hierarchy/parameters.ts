import {ROOT_KEY_PURPOSE} from '../key-administration.ts';
import {ROOTS_SCOPE} from '../scopes.ts';
import {InvalidParameterError, InvalidVersionError} from '../sealing-errors.ts';

const MAX_SCOPE_CHARACTERS = 2048;
const PURPOSE = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const VERSION_ID = /^(krkv|kdkv)_[A-Za-z0-9_-]{22}$/;

/**
 * A scope of an application is 1–2048 characters of well-formed Unicode; in the server a keystore's URL.
 * @throws InvalidParameterError, also for the hierarchy's own scope
 */
export function assertScope(scope: string): void {
  assertAnyScope(scope);
  if (scope === ROOTS_SCOPE) throw new InvalidParameterError('The scope is the key hierarchy’s own.');
}

/** As `assertScope`, with the hierarchy's own scope: it is rotated like any other. @throws InvalidParameterError */
export function assertAnyScope(scope: unknown): void {
  const valid =
    typeof scope === 'string' &&
    scope.length > 0 &&
    scope.length <= MAX_SCOPE_CHARACTERS &&
    scope.isWellFormed();
  if (!valid) throw new InvalidParameterError('A scope is 1–2048 characters of well-formed Unicode.');
}

/** @returns the purposes that an application declares, checked. @throws InvalidParameterError */
export function declarePurposes(purposes: readonly string[]): ReadonlySet<string> {
  for (const purpose of purposes) {
    if (!PURPOSE.test(purpose)) {
      throw new InvalidParameterError(
        'A purpose is a letter and up to 63 letters, digits, dots, hyphens and underscores.',
      );
    }
    if (purpose === ROOT_KEY_PURPOSE)
      throw new InvalidParameterError(`The purpose "${purpose}" is reserved.`);
  }
  return eachOnce(purposes);
}

/** @throws InvalidParameterError where the purpose was not declared */
export function assertDeclared(purpose: string, declared: ReadonlySet<string>): void {
  if (!declared.has(purpose)) throw new InvalidParameterError(`The purpose "${purpose}" was not declared.`);
}

/** @returns purposes that keys are to be made for. @throws InvalidParameterError where one was not declared, or there is none */
export function choosePurposes(
  purposes: readonly string[],
  declared: ReadonlySet<string>,
): ReadonlySet<string> {
  for (const purpose of purposes) assertDeclared(purpose, declared);
  return eachOnce(purposes);
}

/** @returns what the id is of. @throws InvalidVersionError where it is not a version's */
export function parseVersionId(id: string): 'root-key-version' | 'data-key-version' {
  const prefix = VERSION_ID.exec(id)?.[1];
  if (prefix === undefined) throw new InvalidVersionError('The id is not one of a key version.');
  return prefix === 'krkv' ? 'root-key-version' : 'data-key-version';
}

function eachOnce(purposes: readonly string[]): ReadonlySet<string> {
  const set = new Set(purposes);
  if (set.size === 0 || set.size < purposes.length) {
    throw new InvalidParameterError('At least one purpose is declared, and each once.');
  }
  return set;
}
