import type {KeyInfo, KeyUpdate} from '../../../client/kms.ts';
import {UsageError} from '../../command.ts';
import {firstOperand, type ClientCommand, type ClientInvocation} from '../client-command.ts';
import {keyJson} from '../key-json.ts';
import {kidOf, parseKeyName} from '../key-operand.ts';
import {parseTags} from '../new-key-options.ts';
import {readCertificates} from '../read-certificates.ts';
import {parseVersion} from './state-commands.ts';

const CHANGES = [
  'rename',
  'description',
  'no-description',
  'tag',
  'untag',
  'certificates',
  'no-certificates',
];

export const updateCommand: ClientCommand = {
  operands: [{name: 'NAME'}],
  options: {
    rename: {value: 'NAME', meaning: 'another name'},
    description: {value: 'TEXT', meaning: 'what the key is for'},
    'no-description': {meaning: 'takes the description away'},
    tag: {
      value: 'NAME=VALUE',
      meaning: 'adds a tag, or changes its value; may be given more than once',
      many: true,
    },
    untag: {value: 'NAME', meaning: 'takes a tag away; may be given more than once', many: true},
    certificates: {
      value: 'FILE',
      meaning: "X.509 certificates of the public key and its chain, as PEM, the key's own first",
      completion: 'file',
    },
    'no-certificates': {meaning: 'takes the certificates away'},
    version: {value: 'N', meaning: 'of which version the certificates are; default: the newest'},
  },
  help: [
    'Changes what is said of a key, and leaves the rest as it is. For what may be done with it: webkms policy NAME',
  ],
  examples: [
    'update tls --certificates chain.pem',
    'update invoices --tag team=billing --untag draft',
    'update invoices --rename bills --description "Encrypts bills"',
  ],
  run: async (invocation) => {
    const {options, print} = invocation;
    const name = firstOperand(invocation);
    if (!CHANGES.some((change) => options.has(change))) {
      throw new UsageError(`update takes at least one of --${CHANGES.join(', --')}.`);
    }
    const certificates = await readChain(invocation);
    const description = either(options.text('description'), options.flag('no-description'), 'description');
    const added = parseTags(options.texts('tag'));
    const {kms} = await invocation.connect();
    const before = await kms.getKey(kidOf(name));
    const tags = nextTags(before, added, invocation);
    const key = await kms.updateKey(before.kid, {
      ...(tags !== undefined && {tags}),
      ...(description !== undefined && {description}),
      ...certificates,
    });
    print(keyJson(key), [`Updated: ${name}`]);
    return 0;
  },
};

function nextTags(
  {tags = {}}: KeyInfo,
  added: Readonly<Record<string, string>> | undefined,
  {options}: ClientInvocation,
): Readonly<Record<string, string>> | null | undefined {
  const rename = options.text('rename');
  const removed = new Set(options.texts('untag'));
  if (removed.has('name')) throw new UsageError('--untag: the tag "name" is the name of the key.');
  if (!added && removed.size === 0 && rename === undefined) return undefined;
  const kept = Object.entries(tags).filter(([tag]) => !removed.has(tag));
  const next = Object.fromEntries([
    ...kept,
    ...Object.entries(added ?? {}),
    ...(rename === undefined ? [] : [['name', parseKeyName(rename)] as const]),
  ]);
  return Object.keys(next).length === 0 ? null : next;
}

async function readChain({options}: ClientInvocation): Promise<Pick<KeyUpdate, 'x5c' | 'keyVersion'>> {
  const file = options.text('certificates');
  const keyVersion = parseVersion(options);
  const isRemoval = options.flag('no-certificates');
  if (keyVersion !== undefined && file === undefined && !isRemoval) {
    throw new UsageError('--version goes with --certificates or --no-certificates.');
  }
  const pem = file === undefined ? undefined : await readCertificates(file);
  const chain = pem
    ?.match(/(?<=-----BEGIN CERTIFICATE-----)[^-]+/g)
    ?.map((text) => text.replaceAll(/\s/g, ''));
  const x5c = either(chain, isRemoval, 'certificates');
  return {...(x5c !== undefined && {x5c}), ...(keyVersion !== undefined && {keyVersion})};
}

/** A member's new value; null removes it, undefined keeps it. @throws UsageError where it is both */
function either<T>(value: T | undefined, isRemoved: boolean, option: string): T | null | undefined {
  if (value !== undefined && isRemoved) throw new UsageError(`give either --${option} or --no-${option}.`);
  return isRemoved ? null : value;
}
