import {DuplicateError, KmsError} from '../errors.ts';
import {InvalidSchemaError, KeyInUseError, KeyNotFoundError, RootsChangedError} from './key-errors.ts';

/** What a store refuses: it comes out of a backend's connection as it is. */
export type StoreError = KmsError | InvalidSchemaError | KeyInUseError | KeyNotFoundError | RootsChangedError;

export function isStoreError(error: unknown): error is StoreError {
  return [KmsError, InvalidSchemaError, KeyInUseError, KeyNotFoundError, RootsChangedError].some(
    (type) => error instanceof type,
  );
}

/** What a trigger refuses with `<word>: …`, and what that means to callers. */
type Refusal = new (message: string, options: ErrorOptions) => StoreError;
const TRIGGER_REFUSALS: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
  ['duplicate', DuplicateError],
  ['in use', KeyInUseError],
  ['roots changed', RootsChangedError],
]);

/** @returns undefined where a trigger's `message` has none of these words: it tells of a defect then. */
export function triggerRefusal(message: string, cause: unknown): StoreError | undefined {
  const [word = '', text] = message.split(': ', 2);
  const type = TRIGGER_REFUSALS.get(word);
  return type && text !== undefined ? new type(`${text}.`, {cause}) : undefined;
}
