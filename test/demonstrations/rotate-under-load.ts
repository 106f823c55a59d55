import {setTimeout as sleep} from 'node:timers/promises';
import {admin} from '../support/admin-command.ts';
import {runServerProcess} from '../support/run-server.ts';
import {keyVersions, staleRows, type KeyVersionCounts} from './key-versions.ts';
import {keysThatDoNotSign, populate} from './population.ts';
import {SigningLoad, type LoadPhase} from './signing-load.ts';

export interface RotateUnderLoadOptions {
  readonly keystores: number;
  readonly keysPerKeystore: number;
  /** Signatures per second. */
  readonly rate: number;
  /** How long the load is measured before the job begins. */
  readonly secondsBefore: number;
  readonly say?: (line: string) => void;
}

export interface RotateUnderLoadOutcome {
  readonly before: LoadPhase;
  readonly during: LoadPhase;
  readonly after: LoadPhase;
  readonly seconds: number;
  readonly versionsBefore: KeyVersionCounts;
  readonly versionsAfter: KeyVersionCounts;
  /** Rows that are sealed under a version that is not the newest. */
  readonly stale: number;
  readonly failing: readonly string[];
}

/**
 * A server with many keys signs at a steady rate for another process, while an operator rotates and rewraps every
 * keystore and destroys the old versions.
 */
export async function rotateUnderLoad({
  keystores,
  keysPerKeystore,
  rate,
  secondsBefore,
  say = () => undefined,
}: RotateUnderLoadOptions): Promise<RotateUnderLoadOutcome> {
  const server = await runServerProcess({
    environment: {WEBKMS_MAX_KEYSTORES_PER_CREATOR: '1000', WEBKMS_LOG_LEVEL: 'error'},
  });
  let load: SigningLoad | undefined;
  try {
    const made = await populate(server, {keystores, keysPerKeystore});
    const keys = made.flatMap((keystore) => keystore.keys);
    say(`${keys.length} keys in ${made.length} keystores`);
    const versionsBefore = keyVersions(server.dataDir);
    load = new SigningLoad({server: {port: server.port, ca: server.ca}, keys, rate});
    // Connections and code get warm.
    await sleep(2000);
    await load.phase('warm-up');
    await sleep(secondsBefore * 1000);
    const before = await load.phase('before');
    const start = performance.now();
    say(await admin(['rotate', '--all', '--rewrap', '--prune'], server));
    const seconds = (performance.now() - start) / 1000;
    const during = await load.phase('during');
    await sleep(1000);
    const after = await load.phase('after');
    await load.stop();
    return {
      before,
      during,
      after,
      seconds,
      versionsBefore,
      versionsAfter: keyVersions(server.dataDir),
      stale: staleRows(server.dataDir),
      failing: await keysThatDoNotSign(server, keys),
    };
  } finally {
    await load?.stop();
    await server.stop();
  }
}
