import {isDeepStrictEqual} from 'node:util';
import type {Schema} from './json-schema.ts';

/** Collects titled schemas under `#/components/schemas`, each once, wherever they are nested. */
export class SchemaComponents {
  readonly #schemas = new Map<string, unknown>();

  /** @returns what stands for `schema`: a reference where it has a title, else itself. @throws where another has its title */
  use(schema: Schema): unknown {
    return this.#collect(schema);
  }

  /** The collected schemas by name, in alphabetical order. */
  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #collect(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#collect(item));
    if (typeof value !== 'object' || value === null) return value;
    const {title} = value as {readonly title?: unknown};
    if (typeof title !== 'string') return this.#collectMembers(value);
    const name = componentName(title);
    const collected = this.#collectMembers(value);
    const known = this.#schemas.get(name);
    if (known !== undefined && !isDeepStrictEqual(known, collected)) {
      throw new Error(`Two schemas are titled "${title}".`);
    }
    this.#schemas.set(name, collected);
    return {$ref: `#/components/schemas/${name}`};
  }

  #collectMembers(value: object): unknown {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.#collect(member)]));
  }
}

/** `Keystores of a controller` is called `KeystoresOfAController`. */
function componentName(title: string): string {
  return title.replace(/(?:^|\s)(\w)/g, (_, first: string) => first.toUpperCase());
}
