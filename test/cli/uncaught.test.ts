import {EventEmitter} from 'node:events';
import {expect} from 'chai';
import {exitOnUncaught} from '../../lib/cli/uncaught.ts';
import {createLogger} from '../../lib/observability/logger.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): never {
    this.exits.push(code);
    return undefined as never;
  }
}

describe('an uncaught error', () => {
  it('is logged without what it carries, and ends the process', () => {
    const written: string[] = [];
    const source = new FakeProcess();
    exitOnUncaught(source, createLogger({level: 'info', stream: {write: (line) => void written.push(line)}}));
    source.emit('uncaughtException', Object.assign(new Error('broken'), {jwk: {d: 'secret'}}));
    expect(source.exits).to.deep.equal([1]);
    expect(written.join(''))
      .to.include('"message":"broken"')
      .and.include('"level":"fatal"')
      .and.not.include('secret');
  });
});
