import {expect} from 'chai';
import fc from 'fast-check';
import {isLong, jsonInParts} from '../../lib/http/json-in-parts.ts';

const element = fc.oneof(
  fc.jsonValue({maxDepth: 2}),
  fc.constant(undefined),
  fc.string({unit: 'binary', maxLength: 20}),
);
const many = fc.array(element, {minLength: 65, maxLength: 200});
const name = fc.string({unit: 'binary', maxLength: 8}).filter((word) => word !== '__proto__');
/** Plain data, of which some have long arrays at some depth. */
const {body} = fc.letrec<{body: unknown}>((tie) => ({
  body: fc.oneof(
    {maxDepth: 3},
    element,
    many,
    fc.dictionary(name, tie('body'), {maxKeys: 4}),
    fc.array(tie('body'), {maxLength: 4}),
  ),
}));

describe('json in parts', () => {
  it('says what JSON.stringify does', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        fc.pre(value !== undefined);
        const whole = Buffer.concat(await jsonInParts(value)).toString();
        expect(whole).to.equal(JSON.stringify(value));
      }),
      {numRuns: 300},
    );
  });

  it('cuts where the bytes of a character do not end up in two parts', async () => {
    const value = {results: Array.from({length: 1000}, (_, index) => ({text: '€😀'.repeat(index)}))};
    const parts = await jsonInParts(value);
    expect(parts.length).to.be.above(10);
    for (const part of parts) expect(Buffer.from(part.toString()).equals(part)).to.equal(true);
    expect(parts.map(String).join('')).to.equal(JSON.stringify(value));
  });

  it('is for what has an array of more than 64 in it, wherever', () => {
    const sixtyFour = Array.from({length: 64}, () => 'a');
    const more = [...sixtyFour, 'a'];
    for (const short of [null, 1, 'a'.repeat(1000), {}, {a: sixtyFour}, [{a: [sixtyFour]}]])
      expect(isLong(short)).to.equal(false);
    for (const long of [more, {a: more}, {a: {b: {c: more}}}, [{a: [more]}]])
      expect(isLong(long)).to.equal(true);
  });
});
