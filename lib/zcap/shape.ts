import {NotAllowedError} from '../errors.ts';

/** A JSON object, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether an object has all the required members and none that are not listed: what is unknown restricts nothing, so it is refused (R16). */
export function assertMembers(
  value: Readonly<Record<string, unknown>>,
  {
    required,
    optional = [],
    of,
  }: {readonly required: readonly string[]; readonly optional?: readonly string[]; readonly of: string},
): void {
  for (const name of required) {
    if (value[name] === undefined)
      throw new NotAllowedError('capability-shape', `The ${of} must have the member "${name}".`);
  }
  for (const name of Object.keys(value)) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw new NotAllowedError('capability-shape', `The ${of} has a member that is not allowed.`);
    }
  }
}
