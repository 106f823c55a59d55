import type {MaintenanceJob} from '../storage/maintenance-job-store.ts';
import type {JobOutcome, Remaining, StepProgress} from './job-outcome.ts';

const MAX_LISTED = 100;

const STEP_NAMES = {rotate: 'rotating', rewrap: 'rewrapping', prune: 'pruning'} as const;

/** Where a job is, as it is stored. What the current step has done follows from the data, but for counts. */
interface StoredProgress {
  /** Index of the current step. */
  readonly step: number;
  readonly done: number;
  readonly total: number | undefined;
  readonly rotated: number;
  readonly rewrapped: number;
  readonly pruned: number;
  /** Of the steps that have ended, as is what follows. */
  readonly remaining: readonly Remaining[];
  readonly remainingNotListed: number;
  /** Scopes that could not be done, each once per step. */
  readonly failed: number;
}

const START: StoredProgress = {
  step: 0,
  done: 0,
  total: undefined,
  rotated: 0,
  rewrapped: 0,
  pruned: 0,
  remaining: [],
  remainingNotListed: 0,
  failed: 0,
};

/** What one node knows of the job that it works on. */
export class JobProgress {
  #ended: StoredProgress;
  /** By scope and kind: a scope that is tried again is told of once. */
  readonly #remaining = new Map<string, Remaining>();
  readonly #failedScopes = new Set<string>();
  done = 0;
  total: number | undefined;
  rotated = 0;
  rewrapped = 0;
  pruned = 0;

  constructor(stored: StoredProgress = START) {
    this.#ended = stored;
    ({
      done: this.done,
      total: this.total,
      rotated: this.rotated,
      rewrapped: this.rewrapped,
      pruned: this.pruned,
    } = stored);
  }

  /** @param text as `stringify` gave it; where it is something else, the job starts from its beginning: steps repeat nothing. */
  static parse(text: string | undefined): JobProgress {
    if (text === undefined) return new JobProgress();
    try {
      return new JobProgress(readStoredProgress(JSON.parse(text)));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    return new JobProgress();
  }

  stringify(): string {
    const {done, total, rotated, rewrapped, pruned} = this;
    return JSON.stringify({...this.#ended, done, total, rotated, rewrapped, pruned} satisfies StoredProgress);
  }

  get step(): number {
    return this.#ended.step;
  }

  remain(remaining: Remaining): void {
    this.#remaining.set(JSON.stringify([remaining.scope, remaining.kind]), remaining);
  }

  fail(scope: string): void {
    this.#failedScopes.add(scope);
  }

  /** What the step has found to remain is forgotten: it looks once more. */
  restartStep(): void {
    this.#remaining.clear();
    this.#failedScopes.clear();
  }

  endStep(): void {
    const {step} = this.#ended;
    this.#ended = {...this.#ended, ...this.#summary(), step: step + 1};
    this.restartStep();
    this.done = 0;
    this.total = undefined;
  }

  outcome(failure?: string): JobOutcome {
    const {rotated, rewrapped, pruned} = this;
    const {remaining, remainingNotListed} = this.#summary();
    return {
      rotated,
      rewrapped,
      pruned,
      remaining,
      remainingNotListed,
      ...(failure !== undefined && {failure}),
    };
  }

  /** One sentence; undefined where every scope was done. */
  failure(): string | undefined {
    const {failed} = this.#summary();
    if (failed === 0) return undefined;
    return `${failed} ${failed === 1 ? 'scope' : 'scopes'} could not be done; the log says which, and why.`;
  }

  report({steps}: Pick<MaintenanceJob, 'steps'>): StepProgress | undefined {
    const step = steps[this.step];
    if (!step) return undefined;
    const {done, total} = this;
    return {step: STEP_NAMES[step], done, ...(total !== undefined && {total: Math.max(total, done)})};
  }

  #summary() {
    const {remainingNotListed, failed} = this.#ended;
    const remaining = [...this.#ended.remaining, ...this.#remaining.values()];
    return {
      remaining: remaining.slice(0, MAX_LISTED),
      remainingNotListed: remainingNotListed + Math.max(0, remaining.length - MAX_LISTED),
      failed: failed + this.#failedScopes.size,
    };
  }
}

/** @returns undefined where it is something else. */
function readStoredProgress(value: unknown): StoredProgress | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const stored: StoredProgress = {...START, ...value};
  const {remaining, total = 0, ...numbers} = stored;
  const valid = Array.isArray(remaining) && [total, ...Object.values(numbers)].every(Number.isSafeInteger);
  return valid ? stored : undefined;
}
