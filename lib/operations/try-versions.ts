import {setImmediate} from 'node:timers/promises';

/** Other requests get their turn after so many. */
const VERSIONS_A_TURN = 16;

/** @returns what `attempt` makes of the first version that it makes something of, or undefined. */
export async function tryVersions<Version, T>(
  versions: readonly Version[],
  attempt: (version: Version) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const [tried, version] of versions.entries()) {
    if (tried > 0 && tried % VERSIONS_A_TURN === 0) await setImmediate();
    const result = await attempt(version);
    if (result !== undefined) return result;
  }
  return undefined;
}
