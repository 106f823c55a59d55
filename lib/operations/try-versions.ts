import {Turns} from '../turns.ts';

/** @returns what `attempt` makes of the first version that it makes something of, or undefined. */
export async function tryVersions<Version, T>(
  versions: readonly Version[],
  attempt: (version: Version) => Promise<T | undefined>,
): Promise<T | undefined> {
  const turns = new Turns();
  for (const version of versions) {
    const result = await attempt(version);
    if (result !== undefined) return result;
    await turns.next();
  }
  return undefined;
}
