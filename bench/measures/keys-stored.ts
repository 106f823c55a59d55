import {signing} from '../../test/demonstrations/population.ts';
import {wireBytes} from '../../test/support/signed-request.ts';
import type {MeasureResult} from '../report/results.ts';
import type {Column} from '../speed/column.ts';
import {everythingOn} from '../speed/kms-column.ts';
import {measure} from '../speed/measure.ts';
import type {Row} from '../speed/row.ts';
import {figureOf, ratioOf} from '../speed/statistics.ts';
import {at} from '../support/at.ts';
import {serveFilled} from '../support/serve-filled.ts';

/** HMAC: a signature takes least, so that what the store takes is seen best. */
const ROW: Row = {
  ...{name: 'keys-stored', title: 'sign, HMAC, of many keys'},
  limit: {verifications: 1, work: 'hmac'},
  make: async () => [],
};

/** CPU of a signature where few and where many keys are stored: the last number of keys against the first. */
export async function measureKeysStored(
  counts: readonly number[],
  {rounds, requests}: {readonly rounds: number; readonly requests: number},
): Promise<MeasureResult> {
  const columns: Column[] = [];
  try {
    for (const count of counts) columns.push(await startFilled(count));
    const samples: number[][] = counts.map(() => []);
    for (let round = -2; round < rounds; round++) {
      for (const [index, column] of columns.entries()) {
        const sample = await measure(column, ROW, requests);
        if (round >= 0) samples[index]?.push(sample?.cpuMicroseconds ?? NaN);
      }
    }
    const micros = samples.map((cpu) => figureOf(cpu).median.toFixed(0));
    return {
      ...{name: 'keys-stored', title: 'CPU of a signature: most keys ÷ fewest', unit: '×'},
      value: ratioOf(at(samples, -1), at(samples, 0)).median,
      detail: counts.map((count, index) => `${count} keys: ${micros[index]} µs`).join(', '),
    };
  } finally {
    await Promise.all(columns.map((column) => column.stop()));
  }
}

async function startFilled(count: number): Promise<Column> {
  const {process, port, workingSet, stop} = await serveFilled(count, async (dataDir, baseUrl) => ({
    ...(await everythingOn(dataDir, baseUrl)),
    WEBKMS_DATA_DIR: dataDir,
  }));
  return {
    ...{name: 'server', process, port, stop},
    make: async (_row, requests) =>
      Array.from({length: requests}, (_, index) =>
        wireBytes(signing(at(workingSet, index % workingSet.length))),
      ),
    isExpected: (_row, status) => status === 200,
  };
}
