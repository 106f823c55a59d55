import type {ClientCommand} from './client-command.ts';
import {SHARED_OPTIONS, spellOperands} from './parse-command-line.ts';

/** What `webkms NAME --help` says. */
export function commandHelp(
  name: string,
  summary: string,
  {operands = [], options = {}, help, examples}: ClientCommand,
): string {
  const words = ['webkms', name, spellOperands(operands), '[options]'].filter((word) => word !== '');
  const spelled = Object.entries({...options, ...SHARED_OPTIONS}).map(([option, {value, meaning}]) => ({
    option: `--${option}${value === undefined ? '' : ` ${value}`}`,
    meaning,
  }));
  const width = Math.max(...spelled.map(({option}) => option.length));
  return [
    `Usage: ${words.join(' ')}`,
    '',
    `${summary}.`,
    '',
    ...help,
    '',
    'Options:',
    ...spelled.map(({option, meaning}) => `  ${option.padEnd(width)}  ${meaning}`),
    '',
    'Examples:',
    ...examples.map((example) => `  ${/(?:^|\s)webkms /.test(example) ? example : `webkms ${example}`}`),
  ].join('\n');
}
