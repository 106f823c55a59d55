import {expect} from 'chai';
import type {Attribute, PKCS11} from 'pkcs11js';
import {CKA, CKR} from '../../lib/pkcs11/cryptoki.ts';
import {assertNamed, readAttributes, readObjects} from '../../lib/pkcs11/session-objects.ts';

const SESSION = Buffer.of(1);
const HANDLE = Buffer.of(2);

/** An answer as the binding throws it. */
function answer(name: string, code: number): Error {
  return Object.assign(new Error(`${name}:${code}`), {code});
}

/** A library with one object. */
function libraryOf(values: ReadonlyMap<number, Buffer>): PKCS11 {
  const library = {
    C_GetAttributeValue: (_: Buffer, handle: Buffer, asked: Attribute[]) => {
      if (!handle.equals(HANDLE)) throw answer('CKR_OBJECT_HANDLE_INVALID', CKR.OBJECT_HANDLE_INVALID);
      return asked.map(({type}) => {
        const value = values.get(type);
        if (!value) throw answer('CKR_ATTRIBUTE_TYPE_INVALID', 0x12);
        return {type, value};
      });
    },
  };
  return library as unknown as PKCS11;
}

describe('objects of a token of PKCS #11', () => {
  const id = Buffer.from('0123456789abcdef');
  const template = [
    {type: CKA.TOKEN, value: true},
    {type: CKA.ID, value: id},
    {type: CKA.LABEL, value: 'webkms:a/b#1'},
  ];
  const named = (keptId: Buffer, label: string): PKCS11 =>
    libraryOf(
      new Map([
        [CKA.ID, keptId],
        [CKA.LABEL, Buffer.from(label)],
      ]),
    );

  it('that are new must have the id and the label that they were given', () => {
    assertNamed(named(id, 'webkms:a/b#1'), SESSION, HANDLE, template);
    for (const library of [
      named(id.subarray(0, 2), 'webkms:a/b#1'),
      named(id, 'webkms:a/b'),
      named(id, 'webkms:a/b#1 '),
      libraryOf(new Map([[CKA.ID, id]])),
    ])
      expect(() => assertNamed(library, SESSION, HANDLE, template)).to.throw(
        'does not keep the id and the label',
      );
  });

  it('tell what they tell, also where they do not tell all that was asked', () => {
    const library = libraryOf(new Map([[CKA.ID, id]]));
    expect(readAttributes(library, SESSION, HANDLE, [CKA.ID, CKA.LABEL])).to.deep.equal([id, undefined]);
    expect(readAttributes(library, SESSION, HANDLE, [])).to.deep.equal([]);
  });

  it('that are gone are left out of a list', () => {
    const library = libraryOf(new Map([[CKA.ID, id]]));
    const found = readObjects(library, SESSION, {handles: [Buffer.of(9), HANDLE], read: [CKA.ID]});
    expect(found).to.deep.equal([{handle: HANDLE, values: [id]}]);
  });
});
