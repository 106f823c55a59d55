import {type Kind, READS} from '../kinds.ts';
import {Mutations, onBase, onDraft} from '../mutation.ts';

/** Other words for an action. */
const WORDS: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  sign: ['Sign', 'SIGN', ' sign', 'sign ', 'SignOperation', 'signOperation', '*', 'any', 'POST'],
  readKey: ['Read', 'get', 'GET', 'READ', 'readKey', '*'],
  getKeystore: ['write', 'get', 'Read', 'READ', 'getKeystore'],
  listKeys: ['write', 'list', 'Read'],
  listKeystores: ['write', 'list', 'search'],
  generateKey: ['write', 'generate', 'GenerateKey', 'GenerateKeyOperation', 'sign'],
  createKeystore: ['read', 'create', 'Write', 'createKeystore'],
  updateKeystore: ['read', 'update', 'Write', 'updateKeystore'],
  deleteKeystore: ['read', 'delete', 'Write'],
  revoke: ['read', 'revoke', 'Write'],
};

/** The names of actions. */
export const R37 = new Mutations('R37');

for (const [kind, words] of Object.entries(WORDS)) {
  R37.refused(
    `${kind} by another word`,
    onBase((base, {random}) => ({...base, action: random.pick(words)}), {kinds: [kind as Kind]}),
  );
}

R37.stricter(
  'HEAD',
  'R37.head',
  onDraft(() => ({method: 'HEAD'}), {kinds: READS}),
);
