import {expect} from 'chai';
import fc from 'fast-check';
import {canonical, canonicalJson} from '../../lib/encoding/canonical-json.ts';

/** The same, with the members of its objects in the reverse order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)] as const);
  return Object.fromEntries(members.toReversed());
}

describe('canonicalJson', () => {
  it('says the same whatever the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).to.equal(canonicalJson(value));
      }),
    );
  });

  it('is JSON of the value, and the canonical JSON of what is read from it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).to.deep.equal(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).to.equal(text);
        expect(JSON.stringify(canonical(value))).to.equal(text);
      }),
    );
  });

  it('says another thing of another value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        let same = true;
        try {
          expect(JSON.parse(JSON.stringify(one))).to.deep.equal(JSON.parse(JSON.stringify(other)));
        } catch {
          same = false;
        }
        expect(canonicalJson(one) === canonicalJson(other)).to.equal(same);
      }),
    );
  });

  it('keeps the order of arrays, and names that objects have from elsewhere', () => {
    const value = JSON.parse('{"b":[3,1,2],"__proto__":{"z":1,"a":2},"a":null,"10":0,"9":0}') as unknown;
    expect(canonicalJson(value)).to.equal('{"9":0,"10":0,"__proto__":{"a":2,"z":1},"a":null,"b":[3,1,2]}');
  });
});
