import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {SecretSearch, spellings} from './process-memory.ts';

describe('the search for secrets in memory', () => {
  const secrets = Array.from({length: 50}, () => randomBytes(32));

  it('finds each spelling wherever it lies, and nothing else', () => {
    for (const [number, secret] of secrets.entries()) {
      for (const spelling of spellings(secret)) {
        const at = number % 17;
        const search = new SecretSearch(secrets);
        search.search(Buffer.concat([randomBytes(at), spelling, randomBytes((at * 7) % 19)]));
        expect([...search.found], String(at)).to.deep.equal([number]);
      }
    }
  });

  it('does not find what lacks its first or its last byte', () => {
    const search = new SecretSearch(secrets);
    for (const spelling of secrets.flatMap(spellings))
      for (const part of [spelling.subarray(1), spelling.subarray(0, -1)]) search.search(part);
    expect(search.found.size).to.equal(0);
  });

  it('refuses to look for what is too short', () => {
    expect(() => new SecretSearch([randomBytes(19)])).to.throw('too short');
    new SecretSearch([randomBytes(20)]);
  });
});
