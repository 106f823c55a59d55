import {AdminError} from './admin-operation.ts';

type Parameters = Readonly<Record<string, unknown>>;

/** @returns the members of an object that has no others than `names`. @throws AdminError, `invalid` */
export function readParameters(value: unknown, names: readonly string[]): Parameters {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AdminError('invalid', 'The parameters must be an object.');
  }
  const unknown = Object.keys(value).some((name) => !names.includes(name));
  if (unknown) {
    const known = names.length === 0 ? 'takes no parameters' : `takes ${names.join(', ')} only`;
    throw new AdminError('invalid', `The operation ${known}.`);
  }
  return value as Parameters;
}

/** @throws AdminError, `invalid` where it is given and is no text of 1 to `maxLength` UTF-16 units. It never repeats the value. */
export function optionalText(parameters: Parameters, name: string, maxLength = 4096): string | undefined {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
  throw new AdminError('invalid', `${name} must be a text of 1 to ${maxLength} characters.`);
}

/** @throws AdminError, `invalid` */
export function requiredText(parameters: Parameters, name: string, maxLength?: number): string {
  const value = optionalText(parameters, name, maxLength);
  if (value === undefined) throw new AdminError('invalid', `${name} is missing.`);
  return value;
}

/** @returns false where it is not given. @throws AdminError, `invalid` where it is neither true nor false */
export function optionalFlag(parameters: Parameters, name: string): boolean {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new AdminError('invalid', `${name} must be true or false.`);
}

/** For operations that take none. @throws AdminError, `invalid` */
export function noParameters(value: unknown): undefined {
  readParameters(value, []);
}
