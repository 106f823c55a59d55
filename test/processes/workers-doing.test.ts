import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {asDoneBy, workerAtWork} from '../../lib/processes/workers-doing.ts';

const PRIMARY = fileURLToPath(new URL('primary-of-hostile.ts', import.meta.url));

describe('what a worker has said', function () {
  this.timeout(60_000);

  it('ends it alone where Node cannot read it, or would end the primary', () => {
    const modes = [
      'no clone',
      'a clone that is cut',
      'nothing',
      'a handle that was not asked for',
      'no address',
      'no port',
    ];
    const {status, stdout, stderr} = spawnSync(process.execPath, [PRIMARY, ...modes], {encoding: 'utf8'});
    const ended = modes.map((mode) => `${mode}: SIGKILL`);
    expect(stdout.trimEnd().split('\n'), stderr).to.deep.equal([...ended, 'done']);
    expect(status).to.equal(0);
  });

  it('is the doing of that one, also of one that was begun because of another', async () => {
    const worker = (number: number) => ({number, kill: () => undefined});
    const later = Promise.withResolvers<undefined>();
    const seen: unknown[] = [];
    const see = (): unknown => seen.push(workerAtWork()?.number);
    let first: Promise<void> | undefined;
    asDoneBy(() => {
      first = later.promise.then(() => {
        see();
        asDoneBy(() => {
          setImmediate(see);
          return worker(2);
        });
      });
      return worker(1);
    });
    see();
    later.resolve(undefined);
    await first;
    await new Promise(setImmediate);
    expect(seen).to.deep.equal([undefined, 1, 2]);
  });
});
