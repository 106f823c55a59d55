import {parsePath} from './parsers.ts';

/** Where the stores are. */
export interface StorageLocation {
  readonly kind: 'sqlite';
  /** Absolute path of the database file. */
  readonly path: string;
}

/** `sqlite:<path>` */
export function parseStorage(text: string): StorageLocation {
  if (/^(postgres|postgresql|mongodb|mongodb\+srv):/.test(text)) {
    throw new Error('names a kind of store that this version does not have yet; use sqlite:<path>');
  }
  if (!/^sqlite:(?!\/\/|:).+/.test(text)) throw new Error('must be sqlite:<path>');
  return {kind: 'sqlite', path: parsePath(text.slice('sqlite:'.length))};
}

/** `file:<path>` → the same with an absolute path. */
export function parseWrapper(text: string): string {
  if (!/^file:(?!\/\/).+/.test(text)) throw new Error('must be file:<path>');
  return `file:${parsePath(text.slice('file:'.length))}`;
}
