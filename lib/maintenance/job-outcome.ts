/** Something that a job left as it was. */
export interface Remaining {
  readonly scope: string;
  /** E.g. `key record`, `root key version`. */
  readonly kind: string;
  readonly count: number;
  readonly reason: string;
}

/** What a job has done. */
export interface JobOutcome {
  /** Scopes that have new key versions. */
  readonly rotated: number;
  /** Rows that were sealed anew. */
  readonly rewrapped: number;
  /** Key versions that were destroyed. */
  readonly pruned: number;
  readonly remaining: readonly Remaining[];
  /** How many more there are than `remaining` lists. */
  readonly remainingNotListed: number;
  /** Why it did not do all, if it did not. Versions that are still in use are no failure. */
  readonly failure?: string;
}

/** How far the current step is. */
export interface StepProgress {
  readonly step: 'rotating' | 'rewrapping' | 'pruning';
  readonly done: number;
  readonly total?: number;
}
