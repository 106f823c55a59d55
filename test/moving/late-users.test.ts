import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {NODE_LEASE} from '../../lib/maintenance/node-presence.ts';
import {MoveError} from '../../lib/moving/move-error.ts';
import {moveStore, type MoveResult} from '../../lib/moving/move-store.ts';
import {toMovedStore, type MovedStore} from '../../lib/moving/moved-store.ts';
import {SqliteStores} from '../../lib/storage/sqlite/sqlite-stores.ts';
import {fillStore} from '../storage/transfer-records.ts';
import {expectRefusal} from '../storage/store-suite.ts';

describe('a node that comes back to a store that is being moved', () => {
  let directory: string;
  let source: SqliteStores;
  let target: SqliteStores;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webkms-moving-'));
    source = await SqliteStores.open({path: join(directory, 'a.db')});
    target = await SqliteStores.open({path: join(directory, 'b.db')});
    await fillStore(source);
  });
  afterEach(async () => {
    await source.close();
    await target.close();
    await rm(directory, {recursive: true});
  });

  /** Moves; once the stores are being compared each of the counts that are asked for comes after `meanwhile`. */
  function move(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<MoveResult> {
    let isComparing = false;
    const from = toMovedStore(source, 'a');
    const transfer: MovedStore['transfer'] = Object.assign(
      Object.create(from.transfer) as MovedStore['transfer'],
      {
        list: from.transfer.list.bind(from.transfer),
        readMark: () => from.transfer.readMark(),
        replaceMark: from.transfer.replaceMark.bind(from.transfer),
        listLeases: (now: number) => from.transfer.listLeases(now),
        count: async (kind: Parameters<MovedStore['transfer']['count']>[0]) => {
          if (isComparing) await meanwhile();
          return from.transfer.count(kind);
        },
      },
    );
    return moveStore({
      source: {...from, transfer},
      target: toMovedStore(target, 'b'),
      own: new Set(),
      report: ({step}) => (isComparing ||= step.startsWith('verifying')),
      signal: new AbortController().signal,
    });
  }

  it('may have written to it since that was compared: the source still counts', async () => {
    const lease = (now: number) => ({holder: 'back', now, expiresAt: now + 60_000});
    const comeBack = () => source.leases.acquire(`${NODE_LEASE}back`, lease(Date.now()));
    await expectRefusal(move(comeBack), MoveError);
    expect(await source.transfer.readMark()).to.have.property('state', 'moving');
    expect(await target.transfer.readMark()).to.have.property('state', 'filling');

    await source.leases.release(`${NODE_LEASE}back`, 'back');
    expect(await move()).to.have.property('outcome', 'resumed');
    expect(await source.transfer.readMark()).to.have.property('state', 'moved');
  });
});
