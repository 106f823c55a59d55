import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';

const FOLDER = join(import.meta.dirname, '../../../../shared/vectors/wycheproof');

export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

/** What became of a vector: it was taken, it was refused, or it asks for something that the module does not have. */
export type Outcome = 'accepted' | 'refused' | 'inapplicable';

interface VectorFile<G, V> {
  readonly numberOfTests: number;
  readonly testGroups: readonly (G & {readonly tests: readonly (V & Vector)[]})[];
}

interface Options<G, V> {
  readonly run: (vector: V & Vector, group: G) => Promise<Outcome>;
  /** What is right where the file leaves it open. */
  readonly acceptable?: (vector: V & Vector) => Outcome;
  /** How many vectors must have come to what: a skip cannot grow in silence. */
  readonly counts: Readonly<Record<Outcome, number>>;
}

/** Runs all vectors of a Wycheproof file. A missing folder is a skip, and in CI a failure. */
export function itPassesVectors<G, V>(file: string, {run, acceptable, counts}: Options<G, V>): void {
  it(`passes ${file}: ${counts.accepted} accepted, ${counts.refused} refused, ${counts.inapplicable} do not apply`, async function () {
    if (!existsSync(FOLDER) && process.env['CI'] !== 'true') this.skip();
    const content = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as VectorFile<G, V>;
    const actual = {accepted: 0, refused: 0, inapplicable: 0};
    const wrong: string[] = [];
    for (const group of content.testGroups) {
      for (const vector of group.tests) {
        const outcome = await run(vector, group);
        actual[outcome] += 1;
        if (outcome !== 'inapplicable' && outcome !== expected(vector, acceptable)) {
          wrong.push(`#${vector.tcId} (${vector.comment}, ${vector.flags.join(' ')}) was ${outcome}`);
        }
      }
    }
    expect(wrong).to.deep.equal([]);
    expect(actual).to.deep.equal(counts);
    expect(actual.accepted + actual.refused + actual.inapplicable).to.equal(content.numberOfTests);
  });
}

function expected<V>(vector: V & Vector, acceptable?: (vector: V & Vector) => Outcome): Outcome | undefined {
  if (vector.result === 'acceptable') return acceptable?.(vector);
  return vector.result === 'valid' ? 'accepted' : 'refused';
}
