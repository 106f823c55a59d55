import {expect} from 'chai';
import fc from 'fast-check';
import {attributeOid, parseDistinguishedName} from '../../../lib/client/csr/distinguished-name.ts';
import {MalformedRequestError} from '../../../lib/errors.ts';

/** RFC 4514 §2.4, every special character escaped. */
function escape(value: string): string {
  return value.replace(/["+,;<>\\=#]/g, String.raw`\$&`).replace(/^ | $/g, String.raw`\ `);
}

describe('distinguished names', () => {
  // The examples of RFC 4514 §4.
  const EXAMPLES: Readonly<Record<string, readonly (readonly (readonly [string, string])[])[]>> = {
    '': [],
    ' ': [],
    'UID=jsmith,DC=example,DC=net': [[['DC', 'net']], [['DC', 'example']], [['UID', 'jsmith']]],
    'OU=Sales+CN=J.  Smith,DC=example,DC=net': [
      [['DC', 'net']],
      [['DC', 'example']],
      [
        ['OU', 'Sales'],
        ['CN', 'J.  Smith'],
      ],
    ],
    'CN=James \\"Jim\\" Smith\\, III,DC=example': [[['DC', 'example']], [['CN', 'James "Jim" Smith, III']]],
    'CN=Before\\0dAfter': [[['CN', 'Before\rAfter']]],
    'CN=Lu\\C4\\8Di\\C4\\87': [[['CN', 'Lučić']]],
    ' CN = Alice Smith , O=Example': [[['O', 'Example']], [['CN', 'Alice Smith']]],
    'CN=\\ spaced\\ ': [[['CN', ' spaced ']]],
    'CN=\u00a0kept\u2003': [[['CN', '\u00a0kept\u2003']]],
    '2.5.4.3=by number': [[['2.5.4.3', 'by number']]],
  };

  for (const [text, expected] of Object.entries(EXAMPLES)) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const names = parseDistinguishedName(text).map((attributes) =>
        attributes.map(({type, value}) => [type, value]),
      );
      expect(names).to.deep.equal(expected);
    });
  }

  for (const text of [
    'CN',
    '=Alice',
    'CN=',
    'CN= ',
    'CN=a,',
    'CN=a,,O=b',
    'CN=a+',
    ',CN=a',
    'CN=a"b',
    'CN=a\\',
    'CN=a\\x',
    'CN=a<b',
    'CN=#04024869',
    'CN=\\ff',
    'a b=c',
    Array.from({length: 65}, () => 'DC=a').join(','),
  ]) {
    it(`refuses ${JSON.stringify(text).slice(0, 40)}`, () => {
      expect(() => parseDistinguishedName(text)).to.throw(MalformedRequestError);
    });
  }

  it('reads whatever text a value is, once it is escaped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({minLength: 1, unit: 'grapheme'}), {minLength: 1, maxLength: 8}),
        (values) => {
          fc.pre(values.every((value) => value.isWellFormed()));
          const text = values.map((value) => `CN=${escape(value)}`).join(',');
          const read = parseDistinguishedName(text).map(([attribute]) => attribute?.value);
          expect(read).to.deep.equal(values.toReversed());
        },
      ),
    );
  });

  it('knows attributes by name, whatever its case, or by OID', () => {
    expect(['CN', 'cn', '2.5.4.3'].map(attributeOid)).to.deep.equal(['2.5.4.3', '2.5.4.3', '2.5.4.3']);
    for (const type of ['XX', '', 'constructor', '2', '3.1.2', '2.05.4', '2.5.']) {
      expect(() => attributeOid(type), type).to.throw(MalformedRequestError);
    }
  });
});
