import {DatabaseError} from 'pg';
import {StoreOpenError, type StoreOpenErrorCode} from '../store-open-error.ts';
import {reasonOf, withoutValues} from './driver-error.ts';

type Refusal = readonly [code: StoreOpenErrorCode, problem: string];

/** What a server answers, by SQLSTATE, and what it means to who set WEBKMS_STORAGE. */
const ANSWERS: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
  ['28P01', ['ERR_STORE_CREDENTIALS', 'refuses the user or the password']],
  ['28000', ['ERR_STORE_CREDENTIALS', 'refuses the user from here (pg_hba.conf)']],
  ['3D000', ['ERR_STORE_UNREACHABLE', 'has no database of that name']],
  ['25006', ['ERR_STORE_UNSUPPORTED', 'takes no writes: name the primary']],
  ['53300', ['ERR_STORE_UNREACHABLE', 'has too many connections already']],
  ['57P03', ['ERR_STORE_UNREACHABLE', 'is starting or stopping']],
]);

/** The server's answer names what, never a value of a row. */
const INSUFFICIENT_PRIVILEGE = '42501';

function refusalOf(error: unknown): Refusal {
  if (error instanceof DatabaseError) {
    if (error.code === INSUFFICIENT_PRIVILEGE)
      return ['ERR_STORE_PRIVILEGES', `denies the user what is needed (${reasonOf(error)})`];
    return ANSWERS.get(error.code ?? '') ?? ['ERR_STORE_UNREACHABLE', `cannot be used (${reasonOf(error)})`];
  }
  const reason = reasonOf(error);
  // The driver's own words, where the server asks for a password that is not there or proves not to know it.
  if (reason.startsWith('SASL:'))
    return ['ERR_STORE_CREDENTIALS', 'asks for a password, and was given none that it knows'];
  if (reason.includes('does not support SSL'))
    return ['ERR_STORE_UNSUPPORTED', 'has no TLS, which its sslmode asks for'];
  return ['ERR_STORE_UNREACHABLE', `cannot be reached (${reason})`];
}

/** @param server host and port: nothing else of the URL is shown */
export function toOpenError(error: unknown, server: string): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  const [code, problem] = refusalOf(error);
  return new StoreOpenError(code, `The database server ${server} that WEBKMS_STORAGE names ${problem}.`, {
    cause: withoutValues(error),
  });
}

/** Of several servers none could be used: the one that answered most tells what it is about. @param refusals of each, in order */
export function noneOf(refusals: readonly StoreOpenError[]): StoreOpenError {
  const [only, ...others] = refusals;
  if (only && others.length === 0) return only;
  const code = refusals.map((each) => each.code).find((each) => each !== 'ERR_STORE_UNREACHABLE');
  return new StoreOpenError(code ?? 'ERR_STORE_UNREACHABLE', refusals.map(({message}) => message).join(' '), {
    cause: new AggregateError(refusals),
  });
}
