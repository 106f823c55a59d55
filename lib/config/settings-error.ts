/** What is wrong with one variable. Says what to write instead; never repeats the value, which may be a secret. */
export interface SettingProblem {
  readonly variable: string;
  readonly problem: string;
}

/** The settings cannot be used. Holds every problem, so that they can be mended in one go. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'ERR_SETTINGS';
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    super(problems.map(({variable, problem}) => `${variable} ${problem}`).join('\n'));
    this.problems = problems;
  }
}
