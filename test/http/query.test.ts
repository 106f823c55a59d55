import {expect} from 'chai';
import fc from 'fast-check';
import {MalformedRequestError} from '../../lib/errors.ts';
import {parseQuery} from '../../lib/http/query.ts';

describe('query of a request target', () => {
  it('is empty where there is none', () => {
    expect({...parseQuery('/kms/keystores')}).to.deep.equal({});
  });

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({unit: 'grapheme', minLength: 1}), fc.string({unit: 'grapheme'})),
        (query) => {
          fc.pre(Object.keys(query).length > 0);
          const text = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='));
          expect({...parseQuery(`/path?${text.join('&')}`)}).to.deep.equal(query);
        },
      ),
    );
  });

  it('takes a plus, and a second question or equals sign, as they are', () => {
    expect({...parseQuery('/path?a=1+2?=&b=')}).to.deep.equal({a: '1+2?=', b: ''});
  });

  it('has no prototype', () => {
    expect(parseQuery('/path')['constructor']).to.equal(undefined);
    expect(Object.entries(parseQuery('/path?__proto__=a'))).to.deep.equal([['__proto__', 'a']]);
  });

  it('R32 refuses a name that is given twice, however it is spelled', () => {
    for (const query of [
      'controller=a&controller=b',
      'controller=a&%63ontroller=a',
      '__proto__=a&__proto__=b',
    ]) {
      expect(() => parseQuery(`/path?${query}`), query).to.throw(MalformedRequestError, 'given twice');
    }
    expect({...parseQuery('/path?controller=a&limit=b')}).to.deep.equal({controller: 'a', limit: 'b'});
  });

  it('refuses what is no list of pairs', () => {
    for (const query of ['', 'a', '=a', 'a=1&', '&a=1', 'a=1&&b=1']) {
      expect(() => parseQuery(`/path?${query}`), query).to.throw(MalformedRequestError, 'name=value pairs');
    }
  });

  it('refuses bad percent-encoding', () => {
    for (const query of ['a=%', 'a=%zz', 'a=%ff', '%c3=a']) {
      expect(() => parseQuery(`/path?${query}`), query).to.throw(MalformedRequestError, 'percent-encoding');
    }
  });
});
