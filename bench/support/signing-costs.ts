import {medianOf} from '../speed/statistics.ts';
import type {BenchServer} from './serve.ts';

const ROUNDS = 7;

/** A way to have signatures made by a server. */
export interface Signing {
  readonly name: string;
  readonly server: BenchServer;
  readonly sign: (count: number) => Promise<void>;
}

/** Microseconds of CPU of all the server's processes, per signature. */
export interface SigningCost {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** All of them in turn, so many signatures in each round. */
export async function signingCosts(
  all: readonly Signing[],
  signatures: number,
): Promise<readonly SigningCost[]> {
  const round = async ({server, sign}: Signing): Promise<number> => {
    const before = server.cpuSeconds();
    await sign(signatures);
    return ((server.cpuSeconds() - before) / signatures) * 1e6;
  };
  // What is compiled, opened and remembered at first.
  for (const each of all) await round(each);
  const measured = all.map((signing) => ({signing, costs: [] as number[]}));
  for (let count = 0; count < ROUNDS; count++) {
    for (const {signing, costs} of measured) costs.push(await round(signing));
  }
  return measured.map(({signing: {name}, costs}) => ({
    ...{name, median: medianOf(costs)},
    ...{least: Math.min(...costs), most: Math.max(...costs)},
  }));
}
