import {expect} from 'chai';
import fc from 'fast-check';
import {MalformedRequestError} from '../../lib/errors.ts';
import {createValidator} from '../../lib/validation/create-validator.ts';
import {checkDescription, checkKeyName, checkTags} from '../../lib/keys/key-tags.ts';
import {keyDescriptionText, keyTags} from '../../schemas/key-metadata.ts';

const validateTags = createValidator('keyTags', keyTags);
const validateDescription = createValidator('description', {
  type: 'object',
  properties: {description: keyDescriptionText},
});

/** What JSON has as a member is a member, whatever it is called. */
const fromJson = (text: string): Record<string, string> => JSON.parse(text) as Record<string, string>;

describe('tags', () => {
  for (const name of ['a', 'A1', '_', 'cost-centre', 'example.org/team:x@y+z', 'x'.repeat(64)]) {
    it(`may be called ${name}`, () => {
      expect(checkTags({[name]: ''})).to.deep.equal({[name]: ''});
      expect(validateTags({[name]: ''})).to.deep.equal({[name]: ''});
    });
  }

  for (const name of ['', '-a', '.a', 'a b', 'a=b', 'é', 'a\n', 'x'.repeat(65), 'a\u0000']) {
    it(`may not be called ${JSON.stringify(name)}`, () => {
      expect(() => checkTags({[name]: ''})).to.throw(MalformedRequestError, /tag's name/);
      expect(() => validateTags({[name]: ''}))
        .to.throw()
        .with.property('name', 'ValidationError');
    });
  }

  for (const value of ['', 'two words', 'é 鍵 🔑', '👩‍🔬', 'x'.repeat(256), '🔑'.repeat(256)]) {
    it(`may have the value ${value.slice(0, 20)}`, () => {
      expect(checkTags({a: value})).to.deep.equal({a: value});
      expect(validateTags({a: value})).to.deep.equal({a: value});
    });
  }

  for (const value of ['x'.repeat(257), 'a\nb', '\u0000', '\u001b[31m', '\u0085', '\u2028', '\ud800']) {
    it(`may not have the value ${JSON.stringify(value).slice(0, 20)}`, () => {
      expect(() => checkTags({a: value})).to.throw(MalformedRequestError, /The tag "a"/);
      expect(() => validateTags({a: value}))
        .to.throw()
        .with.property('name', 'ValidationError');
    });
  }

  it('are fifty at most, and none is nothing', () => {
    const tags = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({length: count}, (_, i) => [`t${i}`, '']));
    expect(checkTags({})).to.equal(undefined);
    expect(checkTags(tags(50))).to.deep.equal(tags(50));
    expect(() => checkTags(tags(51))).to.throw(MalformedRequestError, /at most 50/);
  });

  it('may be called as what objects have from elsewhere', () => {
    const text = '{"__proto__":"a","constructor":"b","toString":"c"}';
    const tags = checkTags(validateTags(fromJson(text)))!;
    expect(JSON.stringify(tags)).to.equal(text);
    expect(Object.keys(tags)).to.deep.equal(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(tags)).to.equal(Object.prototype);
    expect(Object.hasOwn(checkTags({a: ''})!, 'name')).to.equal(false);
  });

  it('are copied', () => {
    const tags = {a: 'b'};
    expect(checkTags(tags)).to.not.equal(tags);
  });
});

describe('the name of a key', () => {
  for (const name of [
    'a',
    'payments-2026',
    'Schlüssel',
    '鍵',
    '🔑',
    '❤',
    'a:b/c',
    'x'.repeat(128),
    '🔑'.repeat(128),
  ]) {
    it(`may be ${name.slice(0, 20)}`, () => {
      expect(checkKeyName(name)).to.equal(name);
      expect(checkTags({name})).to.deep.equal({name});
    });
  }

  for (const name of [
    '',
    '-a',
    'a b',
    ' a',
    'a ',
    'a\tb',
    'a\u00a0b',
    'a\u200bb',
    'a\u202eb',
    '\u3164',
    '\u2800',
    '\ufeff',
    'e\u0301',
    '\ud83d',
    'a\n',
    'x'.repeat(129),
  ]) {
    it(`may not be ${JSON.stringify(name).slice(0, 20)}`, () => {
      expect(() => checkKeyName(name)).to.throw(MalformedRequestError, /The tag "name"/);
      expect(() => checkTags({name})).to.throw(MalformedRequestError, /The tag "name"/);
    });
  }

  it('has nothing in it that a column or a terminal would take for something else', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', minLength: 1}), (name) => {
        try {
          checkKeyName(name);
        } catch {
          return;
        }
        expect(name).to.not.match(/[\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
        expect(name.trim()).to.equal(name);
      }),
    );
  });
});

describe('the description of a key', () => {
  for (const description of ['for the payroll', 'x'.repeat(1024), '🔑'.repeat(1024)]) {
    it(`may be ${description.slice(0, 20)}`, () => {
      expect(checkDescription(description)).to.equal(description);
      expect(validateDescription({description})).to.deep.equal({description});
    });
  }

  for (const description of ['', 'x'.repeat(1025), 'two\nlines', '\u001b', '\u2029', '\udc00']) {
    it(`may not be ${JSON.stringify(description).slice(0, 20)}`, () => {
      expect(() => checkDescription(description)).to.throw(MalformedRequestError, /"description"/);
      expect(() => validateDescription({description}))
        .to.throw()
        .with.property('name', 'ValidationError');
    });
  }
});
