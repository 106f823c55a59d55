import type {RootWrapperRecord} from '../storage/key-hierarchy-store.ts';
import {RootOfTrustError} from './root-of-trust-error.ts';
import type {RootOfTrustLog} from './stored-root.ts';

export function logAbsences(
  absent: readonly RootWrapperRecord[],
  absences: ReadonlyMap<string, RootOfTrustError>,
  log: RootOfTrustLog,
): void {
  for (const {id, uri} of absent) {
    const error = absences.get(id);
    const fields = {id, uri, reason: error?.message};
    // That is how those are meant to be.
    if (error?.reason === 'shares-needed' || error?.reason === 'not-asked')
      log.info(fields, 'a root of trust is not at hand');
    else if (error?.reason === 'not-vouched' && log.error)
      log.error(fields, 'a root of trust that the server has not put into the store is not used');
    else log.warn(fields, 'a root of trust cannot be opened');
  }
}

/** @throws RootOfTrustError where none of the absent roots is in shares */
export function assertSharesOpen(absences: ReadonlyMap<string, RootOfTrustError>): void {
  const failures = [...absences.values()];
  const [first] = failures;
  if (!first || failures.some((error) => error.reason === 'shares-needed')) return;
  if (failures.length === 1) throw first;
  const all = [...absences].map(([id, {message}]) => `${id}: ${message}`).join(' ');
  throw new RootOfTrustError(
    first.reason,
    `None of the ${failures.length} roots of trust can be opened. ${all}`,
    {
      cause: new AggregateError(failures),
    },
  );
}
