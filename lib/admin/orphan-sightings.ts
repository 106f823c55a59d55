import {mkdir, open, readFile, rename} from 'node:fs/promises';
import {dirname, join} from 'node:path';

/** In the data directory, beside what the use of tokens leaves there. */
const FILE = join('pkcs11', 'orphans.json');
const FORMAT = 'webkms-hsm-orphans-v1';
const MAX_BYTES = 64 * 1024 * 1024;

/** When keys were first seen to be orphans, by their names: in milliseconds since the epoch. */
export type Sightings = ReadonlyMap<string, number>;

/** What `writeSightings` has written; none where it cannot be read: whatever is an orphan then was just seen. */
export async function readSightings(dataDir: string): Promise<Sightings> {
  try {
    const text = await readFile(join(dataDir, FILE), 'utf8');
    const value: unknown = text.length <= MAX_BYTES ? JSON.parse(text) : undefined;
    return isFile(value) ? new Map(value.firstSeen) : new Map();
  } catch {
    return new Map();
  }
}

/** In place of those that were there; mode 0600, durable. */
export async function writeSightings(dataDir: string, sightings: Sightings): Promise<void> {
  const path = join(dataDir, FILE);
  await mkdir(dirname(path), {recursive: true, mode: 0o700});
  const draft = await open(`${path}.draft`, 'w', 0o600);
  try {
    await draft.writeFile(JSON.stringify({format: FORMAT, firstSeen: [...sightings]}));
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${path}.draft`, path);
}

/** @returns those of `orphans` at `now`, the others forgotten; what was seen in the future was seen now. */
export function updateSightings(before: Sightings, orphans: readonly string[], now: number): Sightings {
  return new Map(orphans.map((name) => [name, Math.min(before.get(name) ?? now, now)]));
}

function isFile(value: unknown): value is {readonly firstSeen: readonly (readonly [string, number])[]} {
  if (typeof value !== 'object' || value === null) return false;
  const {format, firstSeen} = value as {format?: unknown; firstSeen?: unknown};
  return (
    format === FORMAT &&
    Array.isArray(firstSeen) &&
    firstSeen.every(
      (entry: unknown) =>
        Array.isArray(entry) &&
        entry.length === 2 &&
        typeof entry[0] === 'string' &&
        typeof entry[1] === 'number' &&
        Number.isFinite(entry[1]),
    )
  );
}
