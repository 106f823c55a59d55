export const ROOT_KEY_VARIABLE = 'WEBKMS_ROOT_KEY';
export const STORAGE_PASSWORD_VARIABLE = 'WEBKMS_STORAGE_PASSWORD';

/** The variables of ours that are secrets: no settings, and never in a file of settings. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set([ROOT_KEY_VARIABLE, STORAGE_PASSWORD_VARIABLE]);

/**
 * Reads a secret from the environment and removes it there, so that child processes do not inherit it. The process's own
 * `/proc/<pid>/environ` goes on to show it.
 * @returns undefined where it is not given, or empty.
 */
export function takeVariable(
  name: string,
  environment: Record<string, string | undefined> = process.env,
): Uint8Array | undefined {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  // Deleting is what unsets it: an assigned undefined would become a word.
  Reflect.deleteProperty(environment, name);
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'utf8');
}
