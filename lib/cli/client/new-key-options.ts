import type {KeyPolicyJson, NewKeyOptions} from '../../client/kms.ts';
import {integer} from '../../config/parsers.ts';
import {KEY_TYPES} from '../../keys/key-types.ts';
import {UsageError} from '../command.ts';
import type {Option} from './client-command.ts';
import {readJsonFile} from './json-file.ts';
import {parseKeyName} from './key-operand.ts';
import type {OptionValues} from './option-values.ts';
import {changedPolicy, changesPolicy, POLICY_OPTIONS} from './policy-options.ts';

const MAX_CHAIN_LENGTH = 10;

/** The types of keys, as people call them. */
export const TYPE_NAMES: readonly string[] = Object.values(KEY_TYPES).flatMap(
  ({shortName}) => shortName ?? [],
);

/** What is said of a key when it is made. */
export const NEW_KEY_OPTIONS: Readonly<Record<string, Option>> = {
  description: {value: 'TEXT', meaning: 'what the key is for'},
  tag: {value: 'NAME=VALUE', meaning: 'a tag of the key; may be given more than once', many: true},
  'key-ops': {value: 'OPERATIONS', meaning: 'narrows what it can do, for good, e.g. sign,verify'},
  'chain-length': {
    value: 'N',
    meaning: 'the longest chain of capabilities that may use it (1: no delegation)',
  },
  alias: {
    value: 'URL',
    meaning: 'the id that its description is to have, e.g. a DID URL; or a template in braces',
  },
  'policy-file': {value: 'FILE', meaning: 'its policy as JSON (docs/keys.md)', completion: 'file'},
  ...POLICY_OPTIONS,
};

/** @throws UsageError; ClientError where a file cannot be read */
export async function readNewKeyOptions(name: string, options: OptionValues): Promise<NewKeyOptions> {
  const description = options.text('description');
  const tags = parseTags(options.texts('tag'));
  const keyOps = options
    .text('key-ops')
    ?.split(',')
    .map((word) => word.trim());
  const maxCapabilityChainLength = options.parse('chain-length', integer(1, MAX_CHAIN_LENGTH));
  const alias = options.text('alias');
  const policy = await readPolicy(options);
  return {
    name: parseKeyName(name),
    ...(description !== undefined && {description}),
    ...(tags && {tags}),
    ...(keyOps && {keyOps}),
    ...(maxCapabilityChainLength !== undefined && {maxCapabilityChainLength}),
    ...(alias !== undefined && (alias.includes('{') ? {publicAliasTemplate: alias} : {publicAlias: alias})),
    ...(policy && {policy}),
  };
}

/** `NAME=VALUE` each. @returns undefined where there are none. @throws UsageError */
export function parseTags(texts: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (texts.length === 0) return undefined;
  const tags = new Map<string, string>();
  for (const text of texts) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new UsageError('--tag must be NAME=VALUE.');
    if (name === 'name') throw new UsageError('--tag: the tag "name" is the name of the key.');
    if (tags.has(name)) throw new UsageError(`--tag: ${JSON.stringify(name)} is given twice.`);
    tags.set(name, value);
  }
  return Object.fromEntries(tags);
}

/** The policy of a file, and what the options say besides. */
export async function readPolicy(
  options: OptionValues,
  previous?: KeyPolicyJson,
): Promise<KeyPolicyJson | undefined> {
  const file = options.text('policy-file');
  if (file === undefined && !changesPolicy(options)) return undefined;
  // What a policy may say is for the KMS to judge.
  const base =
    file === undefined ? (previous ?? {}) : ((await readJsonFile(file, 'The policy')) as KeyPolicyJson);
  return changedPolicy(base, options);
}
