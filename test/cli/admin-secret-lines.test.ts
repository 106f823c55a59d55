import {Readable} from 'node:stream';
import {expect} from 'chai';
import {SecretLines} from '../../lib/cli/admin/secret-lines.ts';

function linesOf(...chunks: readonly string[]): SecretLines {
  return new SecretLines(
    Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      {objectMode: true},
    ),
  );
}

async function all(lines: SecretLines): Promise<string[]> {
  const found: string[] = [];
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) found.push(line);
  return found;
}

describe('secrets from standard input', () => {
  it('are its lines, however the bytes arrive', async () => {
    expect(await all(linesOf('one\ntwo\nthree'))).to.deep.equal(['one', 'two', 'three']);
    expect(await all(linesOf('o', 'ne\r', '\n\n  \n tw', 'o \n'))).to.deep.equal(['one', ' two ']);
    expect(await all(linesOf())).to.deep.equal([]);
    const ü = Buffer.from('ü\n');
    const lines = new SecretLines(Readable.from([ü.subarray(0, 1), ü.subarray(1)], {objectMode: true}));
    expect(await all(lines)).to.deep.equal(['ü']);
  });

  it('are refused where one is not UTF-8, and the next is taken', async () => {
    const input = Readable.from([Buffer.from([0x66, 0xff, 0x0a, 0x67, 0x0d, 0x0a])], {objectMode: true});
    const lines = new SecretLines(input);
    let error: unknown;
    await lines.next().catch((reason: unknown) => (error = reason));
    expect(error).to.have.property('message', 'What was given is not UTF-8.');
    expect(await lines.next()).to.equal('g');
  });

  it('are overwritten where they were read', async () => {
    const chunk = Buffer.from('secret\n');
    const lines = new SecretLines(Readable.from([chunk], {objectMode: true}));
    expect(await lines.next()).to.equal('secret');
    expect(chunk.every((byte) => byte === 0)).to.equal(true);
  });

  it('are refused where one has no end', async () => {
    let error: unknown;
    await linesOf(...Array.from({length: 100}, () => 'x'.repeat(100)))
      .next()
      .catch((reason: unknown) => (error = reason));
    expect(error).to.have.property('name', 'UsageError');
    expect(await all(linesOf('x'.repeat(4000)))).to.have.length(1);
  });

  it('may be left', async () => {
    const input = Readable.from([Buffer.from('a\nb\n')], {objectMode: true});
    const lines = new SecretLines(input);
    await lines.next();
    lines.close();
    expect(input.destroyed).to.equal(true);
  });
});
