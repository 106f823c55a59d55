import {expect} from 'chai';
import fc from 'fast-check';
import {LineTooLongError, splitLines} from '../../lib/encoding/split-lines.ts';

async function* piecesOf(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}

async function split(pieces: readonly string[], maxLength = 100): Promise<{lines: string[]; rest: string}> {
  const lines: string[] = [];
  const iterator = splitLines(piecesOf(pieces), {maxLength});
  for (;;) {
    const {value, done} = await iterator.next();
    if (done) return {lines, rest: value};
    lines.push(value);
  }
}

describe('the lines of a text in pieces', () => {
  it('are the same, however it comes', async () => {
    const piece = fc.string({unit: fc.constantFrom('a', 'é', '\r', '\n'), maxLength: 20});
    await fc.assert(
      fc.asyncProperty(fc.array(piece, {maxLength: 10}), async (pieces) => {
        const {lines, rest} = await split(pieces, 1000);
        expect([...lines, rest]).to.deep.equal(pieces.join('').split('\n'));
      }),
    );
  });

  it('are bounded: one that has no end is not gathered', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        taken++;
        yield 'aaaaaaaaaa';
      }
    }
    const error = await splitLines(endless(), {maxLength: 100})
      .next()
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(LineTooLongError);
    expect(taken).to.equal(11);
    expect((await split(['a'.repeat(100), '\n'])).lines).to.deep.equal(['a'.repeat(100)]);
  });

  it('are none of no text, and one of a line feed', async () => {
    expect(await split([])).to.deep.equal({lines: [], rest: ''});
    expect(await split(['\n'])).to.deep.equal({lines: [''], rest: ''});
  });
});
