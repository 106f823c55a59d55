import {TRANSFER_KINDS, type TransferKind, type TransferRecords} from '../storage/store-transfer.ts';
import type {MoveWork} from './copy-records.ts';
import {eachPage} from './each-record.ts';
import {MoveError} from './move-error.ts';
import type {MovedStore} from './moved-store.ts';
import {KIND_NAMES, nameRecord} from './record-name.ts';
import {recordText} from './record-text.ts';

/**
 * Reads all of both stores again, side by side: that each record of the one is in the other as it is, in the same order, and
 * nothing else. @returns how many there are of each kind. @throws MoveError that names the first one that is not
 */
export async function compareRecords(work: MoveWork): Promise<Readonly<Record<TransferKind, number>>> {
  const counts: [TransferKind, number][] = [];
  for (const kind of TRANSFER_KINDS) counts.push([kind, await compareKind(work, kind)]);
  return Object.fromEntries(counts) as Record<TransferKind, number>;
}

async function* eachRecord<Kind extends TransferKind>(
  store: MovedStore,
  kind: Kind,
): AsyncGenerator<TransferRecords[Kind], undefined> {
  for await (const {records} of eachPage(store, kind)) yield* records;
  return undefined;
}

async function compareKind({source, target, report, signal}: MoveWork, kind: TransferKind): Promise<number> {
  const step = `verifying ${KIND_NAMES[kind]}`;
  const [total, inTarget] = [await source.transfer.count(kind), await target.transfer.count(kind)];
  const found = eachRecord(target, kind);
  let done = 0;
  for await (const record of eachRecord(source, kind)) {
    signal.throwIfAborted();
    const {value: copy} = await found.next();
    assertSame(kind, record, copy);
    done++;
    report({step, done, total});
  }
  const {value: surplus} = await found.next();
  if (surplus) throw differs(`${nameRecord(kind, surplus)} is in the target, and not in the source.`);
  // The lists are made by indexes: what they leave out is counted.
  if (total !== done || inTarget !== done) {
    throw differs(
      `There are ${total} ${KIND_NAMES[kind]} in the source and ${inTarget} in the target, and ${done} are listed.`,
    );
  }
  return done;
}

function assertSame<Kind extends TransferKind>(
  kind: Kind,
  record: TransferRecords[Kind],
  copy: TransferRecords[Kind] | undefined,
): void {
  if (!copy) throw differs(`${nameRecord(kind, record)} is not in the target.`);
  const [name, found] = [nameRecord(kind, record), nameRecord(kind, copy)];
  if (name !== found) throw differs(`Where the source has ${name}, the target has ${found}.`);
  if (recordText(kind, record) !== recordText(kind, copy))
    throw differs(`${name} is another one in the target.`);
}

const differs = (what: string): MoveError =>
  new MoveError(
    'failed',
    `The target is not what the source is: ${what[0]?.toUpperCase() ?? ''}${what.slice(1)} Somebody has written to one of them meanwhile. ` +
      'The source counts, and can be used again after webkms admin migrate --cancel; empty the target, and begin anew.',
  );
