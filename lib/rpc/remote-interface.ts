import type {Connection, Handler, Method} from './connection.ts';
import type {MethodsOf} from './methods-of.ts';

type AnyMethod = Method<unknown, unknown>;
type AnyObject = Readonly<Record<string, (...parameters: never[]) => unknown>>;

const nameOf = (part: string, method: string): string => `${part}.${method}`;

const methodsOf = <Interface>(table: MethodsOf<Interface>): readonly (readonly [string, AnyMethod])[] =>
  Object.entries(table as Readonly<Record<string, AnyMethod>>);

/** An object whose every method asks the other process. */
export function remote<Interface extends object>(
  part: string,
  table: MethodsOf<Interface>,
  caller: Pick<Connection, 'call'>,
): Interface {
  const proxy: Record<string, unknown> = {};
  for (const [name, method] of methodsOf(table)) {
    const called = nameOf(part, name);
    proxy[name] = (...parameters: unknown[]) => caller.call(called, method, parameters);
  }
  return proxy as Interface;
}

/** Answers the other process by an object: what the table names, and nothing else. */
export function handlersOf<Interface extends object>(
  part: string,
  table: MethodsOf<Interface>,
  implementation: Interface,
): readonly (readonly [string, Handler])[] {
  const target = implementation as AnyObject;
  return methodsOf(table).map(([name, {parameters, result}]) => [
    nameOf(part, name),
    {parameters, result, run: (given: never[]) => target[name]?.(...given)},
  ]);
}
