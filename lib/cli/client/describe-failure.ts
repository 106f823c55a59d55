import {KmsConnectionError, UnexpectedReplyError} from '../../client/client-errors.ts';
import {EncryptedFileError} from '../../client/file-encryption/file-error.ts';
import {
  KeyPolicyError,
  KeyStateError,
  KmsError,
  NotAllowedError,
  OutcomeUnknownError,
  ValidationError,
} from '../../errors.ts';
import {KEY_TYPES, type KeyType} from '../../keys/key-types.ts';
import {printable} from './columns.ts';
import {ClientError, EXIT_CODES} from './client-error.ts';

export interface Failure {
  readonly message: string;
  /** The exit code. */
  readonly code: number;
}

/** What each error of the KMS means to who typed the command: the exit code, and what to do. By its `name` on the wire. */
const KMS_ERRORS: ReadonlyMap<string, {readonly code: number; readonly advice: string}> = new Map([
  ['NotFoundError', {code: EXIT_CODES['not-found'], advice: 'Look for it with: webkms list'}],
  [
    'NotAllowedError',
    {code: EXIT_CODES.refused, advice: 'To see who you are to the server: webkms profiles'},
  ],
  ['InvalidStateError', {code: EXIT_CODES.refused, advice: ''}],
  ['DuplicateError', {code: EXIT_CODES.refused, advice: ''}],
  ['NotSupportedError', {code: EXIT_CODES.refused, advice: ''}],
  ['PayloadTooLargeError', {code: EXIT_CODES.refused, advice: ''}],
  ['QuotaExceededError', {code: EXIT_CODES.refused, advice: ''}],
  ['DataError', {code: EXIT_CODES.usage, advice: ''}],
  ['ValidationError', {code: EXIT_CODES.usage, advice: ''}],
  ['OperationError', {code: EXIT_CODES.failed, advice: ''}],
  ['RateLimitError', {code: EXIT_CODES.unreachable, advice: 'Try again later.'}],
  ['UnavailableError', {code: EXIT_CODES.unreachable, advice: 'Try again later.'}],
]);

/** Where the server's words for a refusal tell what is to be done. Requests are signed when they are sent: only clocks make them too old. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/creation time is in the future|signature has expired/, 'Is the clock of this machine right?'],
  [/has been revoked/, 'Whoever delegated it may delegate anew.'],
];

/** Nothing was sent: what is used is what was accepted. */
const NO_CAPABILITY = {
  code: EXIT_CODES.refused,
  advice: 'What was accepted, by the URLs of keys: webkms list. To act as a controller: webkms forget all',
};

/** Tried again it may be done twice. */
const LOOK = 'Look whether it was done, before you try again: webkms list';

/** @returns undefined for an error that is nobody's but ours. */
export function describeFailure(error: unknown): Failure | undefined {
  if (error instanceof ClientError) return failure(error.message, EXIT_CODES[error.reason]);
  if (error instanceof KmsError) return describeKmsError(error);
  if (error instanceof KmsConnectionError) return failure(error.message, EXIT_CODES.unreachable);
  if (error instanceof UnexpectedReplyError || error instanceof EncryptedFileError) {
    return failure(error.message, EXIT_CODES.failed);
  }
  return undefined;
}

function describeKmsError(error: KmsError): Failure {
  const isDelegate = error instanceof NotAllowedError && error.reason === 'no-capability';
  if (error instanceof OutcomeUnknownError)
    return failure(`${error.message} ${LOOK}`, EXIT_CODES.unreachable);
  const {code, advice} = isDelegate
    ? NO_CAPABILITY
    : (KMS_ERRORS.get(error.name) ?? {code: EXIT_CODES.failed, advice: ''});
  // What the policy of the key forbids, it forbids to everybody.
  if (error instanceof KeyPolicyError) return failure(error.message, code);
  const told = messages(error);
  const [, better = advice] = REFUSALS.find(([words]) => told.some((text) => words.test(text))) ?? [];
  const sentences = [...told, supported(error), wayBack(error), better];
  return failure(sentences.filter((sentence) => sentence).join(' '), code);
}

function messages(error: KmsError): readonly string[] {
  if (error instanceof ValidationError) return [validationMessage(error)];
  const why = error.publicCause?.message;
  if (why === undefined) return [error.message];
  return error instanceof NotAllowedError ? [`Not allowed: ${why}`] : [error.message, why];
}

/** What is wrong, without the names that only the server's schemas have. */
function validationMessage({message, details}: ValidationError): string {
  const errors = details?.['errors'];
  const issues: readonly unknown[] = Array.isArray(errors) ? errors : [];
  const told = issues.flatMap((issue) =>
    typeof issue === 'object' && issue !== null && 'message' in issue ? [String(issue.message)] : [],
  );
  return told.length === 0 ? message : `The server does not take that: ${told.join('; ')}.`;
}

/** What the key can do instead. */
function supported({message, details}: KmsError): string {
  const list = details?.['supported'];
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) return '';
  const words = list.flatMap(nameOf).join(', ');
  return message.includes(words) ? '' : `It has: ${words}.`;
}

/** Types have names that people call them by; those that have none cannot be made from here. */
function nameOf(word: string): readonly string[] {
  const type = Object.hasOwn(KEY_TYPES, word) ? KEY_TYPES[word as KeyType] : undefined;
  if (type === undefined) return [word];
  return type.shortName === undefined ? [] : [type.shortName];
}

/** How a key, or a version of it, comes back from the state that it is in. */
function wayBack(error: KmsError): string {
  const state = error instanceof KeyStateError ? error.details?.['state'] : undefined;
  switch (state) {
    case 'disabled':
      return 'To take that back: webkms enable';
    case 'pendingDeletion':
      return 'To take that back: webkms restore';
    default:
      return '';
  }
}

/** One line, whatever came over the network. */
function failure(message: string, code: number): Failure {
  return {message: printable(message.replaceAll(/\s+/g, ' ')), code};
}
