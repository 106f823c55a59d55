import type {Setting} from './setting.ts';
import {SETTINGS} from './settings-schema.ts';

/** The table of settings for the documentation, in Markdown. */
export function settingsTable(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([variable, {default: value, meaning}]) => {
    const shown = value === '' ? '(none)' : `\`${value}\``;
    return `| \`${variable}\` | ${shown} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}
