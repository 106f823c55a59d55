import {MongoCompatibilityError, MongoServerError, MongoServerSelectionError} from 'mongodb';
import {StoreOpenError, type StoreOpenErrorCode} from '../store-open-error.ts';
import {TimeUpError} from './ends-within.ts';

const OLDEST = 'MongoDB 6.0';

const CREDENTIALS: ReadonlySet<unknown> = new Set([18, 8000]);
const PRIVILEGES: ReadonlySet<unknown> = new Set([13]);

/** An error, what caused it, and what a failed search for a server knows of each one. */
function* reasonsOf(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 5) return;
  yield error;
  if (error instanceof MongoServerSelectionError && error.reason) {
    for (const server of error.reason.servers.values()) yield* reasonsOf(server.error, depth + 1);
  }
  yield* reasonsOf(error.cause, depth + 1);
}

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);

const isTls = (error: Error): boolean => {
  const code = codeOf(error);
  return typeof code === 'string' && /CERT|TLS|SSL|SIGNED|EPROTO|UNABLE_TO_/u.test(code);
};

function explain(reasons: readonly Error[], hosts: string): {code: StoreOpenErrorCode; message: string} {
  const some = (test: (error: Error) => boolean): boolean => reasons.some(test);
  const hasCode = (codes: ReadonlySet<unknown>): boolean =>
    some((error) => error instanceof MongoServerError && codes.has(error.code));
  if (hasCode(CREDENTIALS)) {
    return {
      code: 'ERR_STORE_CREDENTIALS',
      message:
        `The MongoDB server at ${hosts}, which WEBKMS_STORAGE names, does not accept the user and password. Check them, and ` +
        'the option authSource (the database that has the user: the one of the URL unless it says another).',
    };
  }
  if (hasCode(PRIVILEGES)) {
    return {
      code: 'ERR_STORE_PRIVILEGES',
      message:
        `The user that WEBKMS_STORAGE names lacks privileges in its database at ${hosts}. It needs the role readWrite there, ` +
        'and dbAdmin for the first start of a release that changes the schema.',
    };
  }
  if (some((error) => error instanceof MongoCompatibilityError)) {
    return {
      code: 'ERR_STORE_UNSUPPORTED',
      message: `The MongoDB server at ${hosts}, which WEBKMS_STORAGE names, is too old: it has to be ${OLDEST} or newer.`,
    };
  }
  if (some(isTls)) {
    return {
      code: 'ERR_STORE_UNREACHABLE',
      message:
        `No TLS connection could be made to the MongoDB server at ${hosts}, which WEBKMS_STORAGE names. Check the options tls ` +
        'and tlsCAFile, and the name in the certificate.',
    };
  }
  const code = reasons.map(codeOf).find((each) => typeof each === 'string');
  return {
    code: 'ERR_STORE_UNREACHABLE',
    message:
      `No MongoDB server that can be written to answers at ${hosts}, which WEBKMS_STORAGE names` +
      `${typeof code === 'string' ? ` (${code})` : ''}. Check hosts and ports, the option replicaSet, and whether it has a primary.`,
  };
}

/** What an operator is told where the store could not be opened. @param hosts of the URL, without user and password */
export function toOpenError(error: unknown, hosts: string): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  const reasons = error instanceof TimeUpError ? [] : [...reasonsOf(error)];
  const {code, message} = explain(reasons, hosts);
  return new StoreOpenError(code, message, {cause: error});
}
