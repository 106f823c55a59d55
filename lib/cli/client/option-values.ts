import type {Parser} from '../../config/parsers.ts';
import {UsageError} from '../command.ts';

type Value = string | boolean | readonly string[];

/** The options that a command was given. */
export class OptionValues {
  readonly #values: Readonly<Record<string, Value | undefined>>;

  constructor(values: Readonly<Record<string, Value | undefined>>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** Of an option that is given once. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Of an option that may be given more than once. */
  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return typeof value === 'object' ? value : [];
  }

  /** @throws UsageError */
  required(name: string, why: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing: ${why}.`);
    return value;
  }

  /** @returns undefined where it is not given. @throws UsageError where it is not what `parser` takes */
  parse<T>(name: string, parser: Parser<T>): T | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseOption(name, text, parser);
  }
}

/** @param parser says what is wrong so that it completes `--name …`. @throws UsageError */
export function parseOption<T>(name: string, text: string, parser: Parser<T>): T {
  return parseText(`--${name}`, text, parser);
}

/** @param parser says what is wrong so that it completes `NAME …`. @throws UsageError */
export function parseOperand<T>(name: string, text: string, parser: Parser<T>): T {
  return parseText(name, text, parser);
}

function parseText<T>(what: string, text: string, parser: Parser<T>): T {
  try {
    return parser(text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${what} ${error instanceof Error ? error.message : 'is malformed'}.`, {
      cause: error,
    });
  }
}
