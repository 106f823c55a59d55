import {expect} from 'chai';
import {
  type KeyChange,
  type KeyState,
  MAX_KEY_VERSIONS,
  TRANSITIONS,
  VERSION_TRANSITIONS,
} from '../../lib/keys/key-state.ts';
import {OPERATIONS} from '../../lib/operations/operation-table.ts';
import {keyDescriptionText, keyMetadata, keyTags} from '../../schemas/key-metadata.ts';
import {keyPolicy} from '../../schemas/key-policy.ts';
import {KMS_OPERATIONS, type OperationType} from '../../schemas/kms-operations.ts';
import {BATCHABLE_OPERATIONS, MAX_BATCH_ITEMS} from '../../schemas/operations/batch.ts';
import {changedKeyReply} from '../../schemas/operations/changed-key.ts';
import {encryptOperation} from '../../schemas/operations/encrypt.ts';
import {generateDataKeyOperation} from '../../schemas/operations/generate-data-key.ts';
import {importKeyOperation} from '../../schemas/operations/import-key.ts';
import {newKeyTarget} from '../../schemas/operations/new-key-target.ts';
import {signedMembers} from '../../schemas/operations/signature-members.ts';
import {codeSpans, MarkdownPage} from './markdown-page.ts';

type Schema = {readonly properties: Readonly<Record<string, unknown>>};

/** Every operation has these. */
const COMMON = new Set(['@context', 'type', 'invocationTarget']);

/** Words of code that are no members: a row may say more than it must. */
const OTHER_WORDS = new Set(['metadata', 'type', 'ImportParameters']);

const TYPES = Object.keys(KMS_OPERATIONS) as OperationType[];

describe('docs/keys.md', () => {
  let page: MarkdownPage;
  before(async () => {
    page = await MarkdownPage.read('keys.md');
  });

  const rowOf = (type: string) => {
    const rows = page.table('operation').filter(([operation]) => operation === `\`${type}\``);
    expect(rows, type).to.have.length(1);
    return rows[0]!;
  };

  it('has a row for every operation, and for no other', () => {
    expect(page.table('operation').map(([operation]) => operation)).to.have.members(
      TYPES.map((type) => `\`${type}\``),
    );
  });

  for (const type of TYPES) {
    it(`says the action of ${type}, and all its members`, () => {
      const [, action, ...rest] = rowOf(type);
      const descriptor = OPERATIONS[type];
      expect(action).to.equal(
        descriptor.kind === 'batches' ? 'that of its items' : `\`${descriptor.action}\``,
      );
      const said = wordsOf(rest.join(' ').replace(/^the same/, rowOf('GenerateKeyOperation')[2]!));
      const {body, reply} = KMS_OPERATIONS[type] as {readonly body: Schema; readonly reply: Schema};
      const members = [
        ...membersOf(body),
        ...(reply === changedKeyReply ? [] : membersOf(reply)),
        ...(descriptor.kind === 'newKey' ? membersOf(newKeyTarget) : []),
      ];
      expect([...said]).to.include.members(members);
      const meant = new Set([...members, ...OTHER_WORDS]);
      expect([...said].filter((word) => !meant.has(word))).to.deep.equal([]);
    });
  }

  it('names every member of metadata and of policies, and no other', () => {
    const [metadata = '', policy = ''] = ['Descriptions and metadata', 'Policies'].map((heading) => {
      const indented = page
        .section(heading)
        .split('\n')
        .filter((line) => line.startsWith('    '));
      return indented.join(' ').replace(/"[^"]*"/g, '');
    });
    expect(identifiersOf(metadata)).to.have.members(allMembers(keyMetadata, ['policy', 'tags']));
    expect(identifiersOf(policy)).to.have.members(allMembers(keyPolicy));
  });

  it('names every member of what is imported', () => {
    const words = identifiersOf(codeSpans(page.section('Making keys')).join(' '));
    expect(words).to.include.members(allMembers(importKeyOperation.properties.keyMaterial));
  });

  it('tells of every member of a policy by itself', () => {
    const told = page
      .section('Policies')
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .flatMap(codeSpans);
    expect(told).to.include.members(Object.keys(keyPolicy.properties));
  });

  it('has the bounds of the schemas', () => {
    const count = (number: number) => number.toLocaleString('en');
    const {plaintext, additionalData} = encryptOperation.properties;
    const bytes = ({maxLength}: {readonly maxLength: number}) => Math.floor((maxLength * 3) / 4);
    const {minimum, maximum} = generateDataKeyOperation.properties.numberOfBytes;
    for (const bound of [
      `at most ${count(bytes(plaintext))} bytes`,
      `\`additionalData\` at most ${count(bytes(additionalData))}`,
      `${minimum} to ${count(maximum)}; 32`,
      `1 to ${count(MAX_BATCH_ITEMS)} \`items\``,
      `There are ${count(MAX_KEY_VERSIONS)} at most`,
      `\`tags\` are at most ${keyTags.maxProperties}.`,
      `at most ${keyTags.additionalProperties.maxLength}\n  characters`,
      `at most ${count(keyDescriptionText.maxLength)} characters`,
    ]) {
      expect(page.text).to.contain(bound);
    }
    expect(codeSpans(page.text)).to.include.members([...signedMembers.hashAlgorithm.enum]);
  });

  it('names what batches are of', () => {
    const [, said = ''] = /Batches are of ([^.]*)\./.exec(page.text) ?? [];
    expect(codeSpans(said)).to.have.members([...BATCHABLE_OPERATIONS]);
  });

  it('has every state of a key, and what can become of it', () => {
    const rows = page.table("a key's state");
    expect(rows.map(([state]) => state)).to.deep.equal(Object.keys(TRANSITIONS).map((name) => `\`${name}\``));
    for (const [state = '', , , can = ''] of rows) {
      const possible = Object.keys(TRANSITIONS[state.slice(1, -1) as KeyState]) as KeyChange[];
      const words = possible.flatMap((change) => CHANGES[change] ?? []);
      expect(can === '' ? [] : can.split(', '), state).to.have.members(words);
    }
  });

  it('has every status of a version', () => {
    const statuses = page.table("a version's status").flatMap(([status = '']) => codeSpans(status));
    expect(statuses).to.have.members(Object.keys(VERSION_TRANSITIONS));
  });
});

/** What a client does, as the page has it; the rest is the server's own, or of versions. */
const CHANGES: Readonly<Partial<Record<KeyChange, string>>> = {
  rotate: 'rotated',
  update: 'updated',
  disable: 'disabled',
  enable: 'enabled',
  delete: 'deleted',
  restore: 'restored',
};

function membersOf({properties}: Schema): readonly string[] {
  return Object.keys(properties).filter((name) => !COMMON.has(name));
}

/** Members of members too, but of those that are told of elsewhere. */
function allMembers(schema: object, elsewhere: readonly string[] = []): readonly string[] {
  const {properties = {}, items = {}} = schema as Partial<Schema> & {readonly items?: object};
  const own = Object.entries(properties).flatMap(([name, member]) => [
    name,
    ...(elsewhere.includes(name) ? [] : allMembers(member as object)),
  ]);
  return [...new Set([...own, ...allItems(items)])];
}

function allItems(items: object): readonly string[] {
  return Object.keys(items).length === 0 ? [] : allMembers(items);
}

/** Names in the code of a row. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(identifiersOf(codeSpans(text).join(' ')));
}

function identifiersOf(text: string): readonly string[] {
  return [...new Set(text.match(/[A-Za-z_]\w+/g) ?? [])];
}
