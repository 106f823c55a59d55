import {SettingsError} from '../config/settings-error.ts';
import type {Settings} from '../config/settings.ts';
import type {Terminal} from './command.ts';

/** @returns undefined where they cannot be used, which the terminal was told. */
export async function readSettings(
  configFile: string | undefined,
  terminal: Terminal,
): Promise<Settings | undefined> {
  const {loadSettings} = await import('../config/load-settings.ts');
  try {
    return loadSettings({configFile});
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    terminal.err('webkms: the settings cannot be used:');
    for (const {variable, problem} of error.problems) terminal.err(`  ${variable} ${problem}`);
    return undefined;
  }
}
