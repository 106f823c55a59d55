/** How long ago a statement may have been signed where nothing else shows that it is new. */
const DEFAULT_MAX_AGE_SECONDS = 300;
/** By which the clocks of two machines may differ. */
const SKEW_SECONDS = 60;

export interface StatementExpectations {
  /** What was asked with: it shows that the statement was not made before. */
  readonly nonce?: string | undefined;
  readonly digest?: string | undefined;
  /** Absent: default where there is no nonce, any age where there is one; 'off': any age. */
  readonly maxAgeSeconds?: number | 'off' | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What of a statement, whose signature was verified, was looked at, in words. */
export interface StatementChecks {
  readonly checked: readonly string[];
  readonly unchecked: readonly string[];
  /** What is not as it should be; none: all that was looked at is. */
  readonly problems: readonly string[];
}

/** Whether a server's statement is what is expected, and new. */
export function checkStatement(
  claims: Readonly<Record<string, unknown>>,
  {nonce, digest, maxAgeSeconds, now}: StatementExpectations,
): StatementChecks {
  const checked = ['outcome of the self-check'];
  const unchecked: string[] = [];
  const problems =
    claims['selfCheck'] === 'passed' ? [] : [`the check says: ${JSON.stringify(claims['selfCheck'])}`];
  const compare = (name: string, expected: string | undefined): void => {
    (expected === undefined ? unchecked : checked).push(name);
    if (expected !== undefined && claims[name] !== expected) problems.push(`its ${name} is another`);
  };
  compare('nonce', nonce);
  compare('digest', digest);
  const most = maxAgeSeconds ?? (nonce === undefined ? DEFAULT_MAX_AGE_SECONDS : 'off');
  if (most === 'off') return {checked, unchecked: [...unchecked, 'age'], problems};
  return {
    checked: [...checked, `age (at most ${most} s)`],
    unchecked,
    problems: [...problems, ...ageProblems(claims['iat'], {most, now})],
  };
}

function ageProblems(
  iat: unknown,
  {most, now}: {readonly most: number; readonly now: number},
): readonly string[] {
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat)) return ['it does not say when it was signed'];
  const age = Math.floor(now / 1000) - iat;
  if (age > most) return [`it was signed ${age} s ago, and may be ${most} s old`];
  if (age < -SKEW_SECONDS) return [`it was signed ${-age} s from now: look at the clocks`];
  return [];
}
