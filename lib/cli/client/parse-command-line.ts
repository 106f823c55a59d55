import {parseArgs} from 'node:util';
import {closestWord} from '../../config/closest-word.ts';
import {UsageError} from '../command.ts';
import type {ClientCommand, Operand, Option} from './client-command.ts';
import {OptionValues} from './option-values.ts';

/** What every command takes. */
export const SHARED_OPTIONS: Readonly<Record<string, Option>> = {
  profile: {value: 'NAME', meaning: 'the profile to use (default: WEBKMS_PROFILE, or "default")'},
  'passphrase-file': {
    value: 'FILE',
    meaning: 'holds the passphrase of the controller key (default: WEBKMS_PASSPHRASE_FILE)',
    completion: 'file',
  },
  json: {meaning: 'writes the result as JSON'},
};

export interface CommandLine {
  readonly options: OptionValues;
  readonly operands: readonly (string | undefined)[];
}

/** @param args without the command's name. @throws UsageError */
export function parseCommandLine(
  name: string,
  {operands = [], options = {}}: Pick<ClientCommand, 'operands' | 'options'>,
  args: readonly string[],
): CommandLine {
  const all: Readonly<Record<string, Option>> = {...options, ...SHARED_OPTIONS};
  assertKnown(args, all);
  const {values, positionals} = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(all).map(([option, {value, many = false}]) => [
        option,
        {type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: many},
      ]),
    ),
    allowPositionals: true,
    strict: true,
  });
  const given = values as Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  const empty = Object.keys(given).find((option) => [given[option]].flat().includes(''));
  if (empty !== undefined) throw new UsageError(`${name}: --${empty} is empty.`);
  assertOperands(name, operands, positionals);
  return {options: new OptionValues(given), operands: operands.map((_, index) => positionals[index])};
}

/** Before `parseArgs` refuses it, whose message has no suggestion. */
function assertKnown(args: readonly string[], all: Readonly<Record<string, Option>>): void {
  for (const [index, word] of args.entries()) {
    if (word === '--') return;
    const [, option] = /^--([^=]+)/s.exec(word) ?? [];
    if (option === undefined || Object.hasOwn(all, option) || isValue(args[index - 1], all)) continue;
    const closest = closestWord(option, Object.keys(all));
    const hint =
      closest === undefined
        ? ' Text that begins with "-" goes after "--".'
        : ` Did you mean --${closest}? (Text that begins with "-" goes after "--".)`;
    throw new UsageError(`there is no option --${option}.${hint}`);
  }
}

function isValue(before: string | undefined, all: Readonly<Record<string, Option>>): boolean {
  if (before?.startsWith('--') !== true) return false;
  const name = before.slice(2);
  return Object.hasOwn(all, name) && all[name]?.value !== undefined;
}

function assertOperands(name: string, wanted: readonly Operand[], given: readonly string[]): void {
  const needed = wanted.filter(({optional}) => optional !== true).length;
  const isMissing = given.some((text, index) => text === '' && wanted[index]?.isText !== true);
  if (given.length >= needed && given.length <= wanted.length && !isMissing) return;
  const words = spellOperands(wanted);
  throw new UsageError(`${name} takes ${words === '' ? 'no operand' : words}.`);
}

/** E.g. `NAME [TEXT]`. */
export function spellOperands(operands: readonly Operand[]): string {
  return operands.map(({name, optional}) => (optional === true ? `[${name}]` : name)).join(' ');
}
