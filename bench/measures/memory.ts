import type {MeasureResult} from '../report/results.ts';
import {startServerColumn} from '../speed/kms-column.ts';
import {measure} from '../speed/measure.ts';
import {rowNamed} from '../speed/rows.ts';

/** Of so many requests of a kind one after the other; together, all of them differ from each other. */
const BATCH = 1000;
/** By turns; capabilities that were never seen are a part of them, so that memories of them fill. */
const MIX = ['sign-root', 'sign-1', 'sign-3', 'get-key', 'chain-unsigned', 'hmac'] as const;
const NEW_CAPABILITIES = {row: 'sign-1-cold', every: 10, count: 100} as const;

/** Memory of a server of its own once it has answered so many requests, no two of which are the same. */
export async function measureMemory(requests: number): Promise<MeasureResult> {
  const column = await startServerColumn({name: 'server'});
  try {
    const idleMB = column.process.memoryMB();
    let [sent, most] = [0, 0];
    const send = async (name: string, count: number): Promise<void> => {
      await measure(column, rowNamed(name), count);
      sent += count;
      most = Math.max(most, column.process.memoryMB());
    };
    for (let batch = 0; sent < requests; batch++) {
      await send(MIX[batch % MIX.length] ?? 'sign-root', BATCH);
      if (batch % NEW_CAPABILITIES.every === 0) await send(NEW_CAPABILITIES.row, NEW_CAPABILITIES.count);
    }
    return {
      ...{name: 'memory', title: `resident after ${sent} distinct requests`, unit: 'MB'},
      value: column.process.memoryMB(),
      detail: `${idleMB.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`,
    };
  } finally {
    await column.stop();
  }
}
