import type {RateShares} from './rate-shares.ts';

const MAX_SUBJECTS = 50_000;
/** Who comes when there are more subjects shares one allowance with everybody like that. */
export const OTHERS = 'others';

/** What is left of a rate, of each subject, in the present window of time. The primary has it; workers take from it. */
export class PointPool {
  readonly #points: number;
  readonly #taken = new Map<string, number>();
  #window = -Infinity;

  constructor({pool}: RateShares) {
    this.#points = pool;
  }

  /** @returns how many are given: fewer than wanted where there are no more, none for a window that is over */
  take({
    subject,
    window,
    want,
  }: {
    readonly subject: string;
    readonly window: number;
    readonly want: number;
  }): number {
    if (window < this.#window) return 0;
    if (window > this.#window) {
      this.#window = window;
      this.#taken.clear();
    }
    const name = this.#taken.has(subject) || this.#taken.size < MAX_SUBJECTS ? subject : OTHERS;
    const taken = this.#taken.get(name) ?? 0;
    const given = Math.max(0, Math.min(want, this.#points - taken));
    this.#taken.set(name, taken + given);
    return given;
  }
}
