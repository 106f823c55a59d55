import {InvalidParameterError} from '../sealing-errors.ts';

/** Names the hierarchy's own middle level; no application may seal under it. */
const RESERVED_PURPOSES: readonly string[] = ['rootKey'];
const MAX_SCOPE_CHARACTERS = 2048;
const PURPOSE = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** A scope is 1–2048 characters of well-formed Unicode; in the server a keystore's URL. @throws InvalidParameterError */
export function assertScope(scope: string): void {
  const valid = scope.length > 0 && scope.length <= MAX_SCOPE_CHARACTERS && scope.isWellFormed();
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
    if (RESERVED_PURPOSES.includes(purpose))
      throw new InvalidParameterError(`The purpose "${purpose}" is reserved.`);
  }
  const declared = new Set(purposes);
  if (declared.size === 0 || declared.size < purposes.length) {
    throw new InvalidParameterError('At least one purpose is declared, and each once.');
  }
  return declared;
}
