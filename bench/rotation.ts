/**
 * A steady load of signatures before, during and after every keystore is rotated, rewrapped and pruned, from processes of
 * their own: what the job costs those who wait for an answer. Run: `node bench/rotation.ts [keystores] [keys per keystore]
 * [signatures per second]`; 100, 100 and 200 unless told otherwise. Ends with 1 where a request failed or the 99th percentile
 * during the job is more than three times that before.
 */
import {rotateUnderLoad} from '../test/demonstrations/rotate-under-load.ts';

const [keystores = 100, keysPerKeystore = 100, rate = 200] = process.argv.slice(2).map(Number);
const outcome = await rotateUnderLoad({
  keystores,
  keysPerKeystore,
  rate,
  secondsBefore: 20,
  say: (line) => console.log(line.trimEnd()),
});
for (const {name, requests, failures, p50, p99, max} of [outcome.before, outcome.during, outcome.after]) {
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const figures = [p50, p99, max].map((ms) => ms.toFixed(1).padStart(7)).join(' ');
  console.log(
    `${name.padEnd(7)} ${String(requests).padStart(6)} requests, ${failed} failed; p50, p99, max: ${figures} ms`,
  );
}
const ratio = outcome.during.p99 / outcome.before.p99;
const failed = [outcome.before, outcome.during, outcome.after].some(
  ({failures}) => Object.keys(failures).length > 0,
);
console.log(
  `the job took ${outcome.seconds.toFixed(1)} s; p99 during it is ${ratio.toFixed(2)} times p99 before; ` +
    `${outcome.stale} rows under old versions, ${outcome.failing.length} keys that do not sign`,
);
process.exitCode = failed || ratio > 3 || outcome.stale > 0 || outcome.failing.length > 0 ? 1 : 0;
