import {EventEmitter, once} from 'node:events';
import {expect} from 'chai';
import fc from 'fast-check';
import {LineBuffer, type LineSink} from '../../lib/observability/line-buffer.ts';

class Sink extends EventEmitter implements LineSink {
  readonly written: string[] = [];
  readonly calls: string[] = [];
  readonly file: string | null;

  constructor(file: string | null = '/log') {
    super();
    this.file = file;
  }

  write(text: string): void {
    this.written.push(text);
    this.calls.push('write');
    this.emit('written');
  }

  flushSync(): void {
    this.calls.push('flush');
  }

  reopen(): void {
    this.calls.push('reopen');
  }
}

const LATER = {maxLength: 100, maxMs: 3_600_000};

describe('a buffer of lines', () => {
  it('hands on all lines in order, together as far as they are no longer than it may', () => {
    const line = fc.string({unit: 'grapheme', maxLength: 60}).map((text) => `${text}\n`);
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const sink = new Sink();
        const buffer = new LineBuffer(sink, LATER);
        for (const each of lines) buffer.write(each);
        buffer.handOn();
        expect(sink.written.join('')).to.equal(lines.join(''));
        const whole = new Set(lines);
        for (const text of sink.written) {
          expect(text.length <= LATER.maxLength || whole.has(text), text).to.equal(true);
          expect(text.endsWith('\n')).to.equal(true);
        }
        sink.emit('close');
      }),
    );
  });

  it('keeps few lines back, for a moment', async () => {
    const sink = new Sink();
    const buffer = new LineBuffer(sink, {...LATER, maxMs: 10});
    for (const round of ['1', '2']) {
      const written = once(sink, 'written');
      buffer.write(`a${round}\n`);
      buffer.write(`b${round}\n`);
      expect(sink.written).to.have.length(Number(round) - 1);
      // What is kept back keeps no process alive; this does.
      const alive = setInterval(() => undefined, 1000);
      await written;
      clearInterval(alive);
    }
    expect(sink.written).to.deep.equal(['a1\nb1\n', 'a2\nb2\n']);
    sink.emit('close');
  });

  it('hands on before it flushes, and before the file is opened anew; what is no file is not', () => {
    const sink = new Sink();
    const buffer = new LineBuffer(sink, LATER);
    buffer.flushSync();
    buffer.write('a\n');
    buffer.flushSync();
    buffer.write('b\n');
    buffer.reopen();
    expect(sink.calls).to.deep.equal(['flush', 'write', 'flush', 'write', 'reopen']);
    expect(sink.written).to.deep.equal(['a\n', 'b\n']);
    sink.emit('close');
    const other = new Sink(null);
    new LineBuffer(other, LATER).reopen();
    expect(other.calls).to.deep.equal([]);
    other.emit('close');
  });
});
