import {AdminError} from '../admin-operation.ts';

/**
 * Reads the parameters of an operation whose members are all optional strings; none at all is the same as no members.
 * @throws AdminError, `invalid`
 */
export function parseMembers<Name extends string>(
  parameters: unknown,
  members: Readonly<Record<Name, 'string'>>,
): Partial<Record<Name, string>> {
  if (parameters === undefined || parameters === null) return {};
  if (typeof parameters !== 'object' || Array.isArray(parameters)) {
    throw new AdminError('invalid', 'The parameters are not an object.');
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (!Object.hasOwn(members, name)) throw new AdminError('invalid', `There is no parameter "${name}".`);
    if (typeof value !== 'string')
      throw new AdminError('invalid', `The parameter "${name}" is not a string.`);
  }
  return parameters;
}
