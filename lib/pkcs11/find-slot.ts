import {TokenError} from './token-error.ts';
import type {SlotDescription} from './token-job.ts';

/** Which token is meant: all that is given must be the same (RFC 7512 has these names). */
export interface TokenName {
  readonly label?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
}

/** @throws TokenError where there is not exactly one */
export function findSlot(slots: readonly SlotDescription[], name: TokenName): SlotDescription {
  const found = slots.filter((slot) =>
    (Object.keys(name) as (keyof TokenName)[]).every(
      (key) => name[key] === undefined || slot[key] === name[key],
    ),
  );
  const [slot, other] = found;
  if (!slot) {
    const present = slots.map(({label}) => JSON.stringify(label)).join(', ');
    throw new TokenError(
      'token-absent',
      `There is no token ${describeToken(name)}; the library shows ${present === '' ? 'none' : present}.`,
    );
  }
  if (other) {
    throw new TokenError(
      'token-ambiguous',
      `There are ${found.length} tokens ${describeToken(name)}: give them different labels.`,
    );
  }
  return slot;
}

function describeToken(name: TokenName): string {
  return Object.entries(name)
    .flatMap(([key, value]: [string, string | undefined]) =>
      value === undefined ? [] : [`${key} ${JSON.stringify(value)}`],
    )
    .join(', ');
}
