import type {Parser} from './parsers.ts';

export interface Setting<T> {
  /** As it would be written in the environment; `<data dir>` stands for the value of WEBKMS_DATA_DIR. */
  readonly default: string;
  /** Markdown, one line. */
  readonly meaning: string;
  readonly parse: Parser<T>;
}

export function setting<T>(definition: Setting<T>): Setting<T> {
  return definition;
}
