import {expect} from 'chai';
import type {Attribute, PKCS11} from 'pkcs11js';
import {CKA, CKR} from '../../lib/pkcs11/cryptoki.ts';
import {assertIs, assertMadeAs, readAttributes, readObjects} from '../../lib/pkcs11/session-objects.ts';

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
    assertMadeAs(named(id, 'webkms:a/b#1'), SESSION, HANDLE, template);
    for (const library of [
      named(id.subarray(0, 2), 'webkms:a/b#1'),
      named(id, 'webkms:a/b'),
      named(id, 'webkms:a/b#1 '),
      libraryOf(new Map([[CKA.ID, id]])),
    ])
      expect(() => assertMadeAs(library, SESSION, HANDLE, template)).to.throw(
        'does not keep the id and the label',
      );
  });

  it('that are new must stay in the token, as was asked', () => {
    const values = (sensitive: number, extractable: number): ReadonlyMap<number, Buffer> =>
      new Map([
        [CKA.ID, id],
        [CKA.SENSITIVE, Buffer.of(sensitive)],
        [CKA.EXTRACTABLE, Buffer.of(extractable)],
      ]);
    const asked = [
      {type: CKA.ID, value: id},
      {type: CKA.SENSITIVE, value: true},
      {type: CKA.EXTRACTABLE, value: false},
    ];
    assertMadeAs(libraryOf(values(1, 0)), SESSION, HANDLE, asked);
    for (const other of [values(0, 0), values(1, 1), new Map([[CKA.ID, id]])])
      expect(() => assertMadeAs(libraryOf(other), SESSION, HANDLE, asked)).to.throw('can leave the token');
  });

  it('are those that were made in the token to stay there, as far as it tells', () => {
    const [yes, no] = [Buffer.of(1), Buffer.of(0)];
    const told = (...origin: [number, Buffer][]): PKCS11 => libraryOf(new Map([[CKA.ID, id], ...origin]));
    const which = {id, local: true};
    const made: [number, Buffer] = [CKA.LOCAL, yes];
    for (const library of [told(made, [CKA.NEVER_EXTRACTABLE, yes]), told(made), told()])
      assertIs(library, SESSION, HANDLE, which);
    for (const origin of [CKA.LOCAL, CKA.NEVER_EXTRACTABLE]) {
      const library = told([origin, no]);
      expect(() => assertIs(library, SESSION, HANDLE, which)).to.throw('somebody has put it there');
      assertIs(library, SESSION, HANDLE, {id});
    }
    expect(() => assertIs(told(made), SESSION, HANDLE, {id: Buffer.alloc(16)})).to.throw('CKR_KEY_HANDLE');
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
