import type {ClientConfig} from 'pg';

/** The driver takes from its environment (PGOPTIONS, …) what it is not given, and cannot be told that none is meant: until it connects. */
export function setStartupParameters(client: object, {options}: ClientConfig): void {
  const parameters = 'connectionParameters' in client ? client.connectionParameters : undefined;
  if (typeof parameters !== 'object' || parameters === null)
    throw new TypeError('The driver is another one.');
  Object.assign(parameters, {options, replication: undefined});
}
