import {UsageError} from './command.ts';

interface Asker {
  /** Whether there is a person who can be asked. */
  readonly interactive: boolean;
  ask(question: string): Promise<string | undefined>;
}

/** What `--yes` means, wherever it is. */
export const YES_OPTION = {meaning: 'does not ask; needed where nobody can be asked'} as const;

/** @throws UsageError where what cannot be taken back was not confirmed by `--yes`, and nobody can be asked */
export function assertConfirmable({yes, io}: {readonly yes: boolean; readonly io: Asker}): void {
  if (yes || io.interactive) return;
  throw new UsageError('this cannot be taken back, and nobody can be asked here: give --yes.');
}

/**
 * Has a person confirm what cannot be taken back, unless `--yes` did.
 * @param question what would be done, as a question
 * @returns whether they said yes. @throws UsageError as `assertConfirmable`
 */
export async function isConfirmed(
  question: string,
  {yes, io}: {readonly yes: boolean; readonly io: Asker},
): Promise<boolean> {
  assertConfirmable({yes, io});
  return yes || (await io.ask(`${question} This cannot be taken back. Type yes: `))?.trim() === 'yes';
}
