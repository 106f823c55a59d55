import {generateKeyPairSync, type KeyObject} from 'node:crypto';
import {KEY_FORMS, type KeyForm} from '../../lib/keys/key-forms.ts';
import {KEY_TYPES, type KeyTypeDescriptor} from '../../lib/keys/key-types.ts';

export interface OutsideKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const keys = new Map<string, OutsideKey>();

/** A key of that type that `node:crypto` made; one for all tests of a process. */
export function outsideKey({algorithm}: KeyTypeDescriptor): OutsideKey {
  const form = KEY_FORMS[algorithm];
  const known = keys.get(JSON.stringify(form));
  if (known) return known;
  const key = anotherKey(form);
  keys.set(JSON.stringify(form), key);
  return key;
}

/** A new key of that form. */
export function anotherKey(form: KeyForm): OutsideKey {
  switch (form.kty) {
    case 'EC':
      return generateKeyPairSync('ec', {namedCurve: form.crv});
    case 'RSA':
      return generateKeyPairSync('rsa', {modulusLength: form.modulusBits});
    case 'OKP':
    case 'AKP':
      // One overload for each.
      return (generateKeyPairSync as (type: string) => OutsideKey)(form.nodeType);
    case 'oct':
    case 'BBS':
      throw new Error('node:crypto makes no such key pairs.');
  }
}

const hasKty = (...types: readonly KeyForm['kty'][]) =>
  Object.values(KEY_TYPES).filter(({algorithm}) => types.includes(KEY_FORMS[algorithm].kty));

/** The types of which `node:crypto` makes key pairs, the symmetric ones, and those of BBS: together all. */
export const PAIR_TYPES = hasKty('OKP', 'EC', 'RSA', 'AKP');
export const SYMMETRIC_TYPES = hasKty('oct');
export const BBS_TYPES = hasKty('BBS');
