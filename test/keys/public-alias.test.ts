import {expect} from 'chai';
import fc from 'fast-check';
import {parseTemplate} from 'url-template';
import {MalformedRequestError} from '../../lib/errors.ts';
import {checkPublicAlias, expandPublicAliasTemplate} from '../../lib/keys/public-alias.ts';

const VARIABLES = {
  id: 'https://localhost:9443/kms/keystores/z1A/keys/z1B',
  type: 'Multikey',
  controller: ['did:x:1', 'did:x:2'],
};
const expand = (template: string) => expandPublicAliasTemplate(template, VARIABLES);

describe('public alias', () => {
  for (const alias of [
    'did:example:1#key-1',
    'https://example.org/keys/1?a=b&c=%20#f',
    'urn:uuid:8f3c1c1a-0000-4000-8000-000000000000',
    'x:y',
    `urn:${'a'.repeat(8188)}`,
  ]) {
    it(`may be ${alias.slice(0, 60)}`, () => {
      expect(checkPublicAlias(alias)).to.equal(alias);
    });
  }

  for (const [name, alias] of [
    ['empty', ''],
    ['relative', '/keys/1'],
    ['a scheme alone', 'did:'],
    ['a fragment alone', 'did:#key'],
    ['without scheme', ':example'],
    ['of a scheme that begins with a digit', '1did:x'],
    ['with a space', 'did:example:1 2'],
    ['with a line break', 'did:example:1\n'],
    ['with a control character', 'did:example:\u0000'],
    ['with a quote', 'did:example:"'],
    ['with a bracket', 'did:example:<script>'],
    ['with a brace', 'did:example:{id}'],
    ['not in ASCII', 'did:example:é'],
    ['with a broken escape', 'did:example:%4'],
    ['with two fragments', 'did:example:1#a#b'],
  ] as const) {
    it(`may not be ${name}`, () => {
      expect(() => checkPublicAlias(alias)).to.throw(
        MalformedRequestError,
        '"publicAlias" must give an absolute URI',
      );
    });
  }

  it('may not be longer than 8192 characters', () => {
    expect(() => checkPublicAlias(`urn:${'a'.repeat(8189)}`)).to.throw(
      MalformedRequestError,
      /more than 8192 characters/,
    );
  });
});

describe('public alias template', () => {
  // RFC 6570 §3.2: one of each kind of expression.
  for (const [template, alias] of [
    ['urn:x', 'urn:x'],
    ['urn:{type}', 'urn:Multikey'],
    ['{+id}', VARIABLES.id],
    ['urn:{id}', `urn:${encodeURIComponent(VARIABLES.id)}`],
    ['urn:x{#type}', 'urn:x#Multikey'],
    ['urn:x{.type}', 'urn:x.Multikey'],
    ['urn:x{/type}', 'urn:x/Multikey'],
    ['urn:x{;type}', 'urn:x;type=Multikey'],
    ['urn:x{?type,controller}', 'urn:x?type=Multikey&controller=did%3Ax%3A1,did%3Ax%3A2'],
    ['urn:x?a{&type:5}', 'urn:x?a&type=Multi'],
    ['urn:x{/controller*}', 'urn:x/did%3Ax%3A1/did%3Ax%3A2'],
    ['urn:x{constructor}{__proto__}{toString}{unknown}', 'urn:x'],
    ['urn:%C3%A9é', 'urn:%C3%A9%C3%A9'],
  ] as const) {
    it(`${template} gives ${alias}`, () => {
      expect(expand(template)).to.equal(alias);
    });
  }

  for (const template of [
    '',
    'urn:{',
    'urn:{}',
    'urn:}',
    'urn:{{id}}',
    'urn:{id',
    'urn:{id,}',
    'urn:{,id}',
    'urn:{@context}',
    'urn:{!id}',
    'urn:{id:0}',
    'urn:{id:10000}',
    'urn:{id:x}',
    'urn:{id**}',
    'urn:{i d}',
    'urn:{.id.}',
    'urn:x y',
    'urn:"',
    'urn:<id>',
    'urn:%zz',
    'urn:\u0000',
    'urn:\ud800',
  ]) {
    it(`may not be ${JSON.stringify(template)}`, () => {
      expect(() => expand(template)).to.throw(MalformedRequestError, /must be a URI template \(RFC 6570\)/);
    });
  }

  it('may not give what is no absolute URI', () => {
    for (const template of ['{type}', '{id}', '/keys', '{unknown}:x', 'x:{unknown}', 'urn:x{#type}{#type}']) {
      expect(() => expand(template), template).to.throw(
        MalformedRequestError,
        '"publicAliasTemplate" must give an absolute URI',
      );
    }
  });

  it('gives what RFC 6570 says where it is simple, too, and where it is almost', () => {
    const pieces = fc.constantFrom(
      ...[
        '{type}',
        '{id}',
        '{controller}',
        '{unknown}',
        '{constructor}',
        '{odd}',
        '{empty}',
        '{+id}',
        '{type:3}',
      ],
      ...['a', '#', '[', ']', "'", '!', '(', '*', '%41', '$&', '$1', 'é', '?b=', '/', '~'],
    );
    const values = fc.record({
      type: fc.constantFrom('Multikey', 'z6Mk-._~', '$&', "it's", 'é', '%41'),
      odd: fc.string({maxLength: 4}),
    });
    fc.assert(
      fc.property(fc.array(pieces, {maxLength: 6}), values, (parts, {type, odd}) => {
        const template = `urn:x${parts.join('')}`;
        const variables = {...VARIABLES, type, odd, empty: ''};
        let expected: string | undefined;
        let given: string | undefined;
        try {
          expected = checkPublicAlias(parseTemplate(template).expand(variables), 'publicAliasTemplate');
        } catch (error) {
          if (!(error instanceof MalformedRequestError)) throw error;
        }
        try {
          given = expandPublicAliasTemplate(template, variables);
        } catch (error) {
          if (!(error instanceof MalformedRequestError)) throw error;
        }
        expect(given).to.equal(expected);
      }),
      {numRuns: 5000},
    );
  });

  it('is bounded, and so is what it gives', () => {
    const padded = (length: number) => 'urn:x{unknown}'.padEnd(length, 'a');
    expect(expand(padded(2048))).to.have.length(2048 - '{unknown}'.length);
    for (const length of [2049, 80_000]) {
      expect(() => expand(padded(length))).to.throw(MalformedRequestError, /more than 2048 characters/);
    }
    const repeated = `urn:${'{+id}'.repeat(400)}`;
    expect(() => expand(repeated)).to.throw(MalformedRequestError, /gives more than 8192 characters/);
  });

  it('of any text gives an absolute URI or is refused', () => {
    const pieces = fc.constantFrom(
      'urn:',
      'x',
      '{',
      '}',
      'id',
      'type',
      '+',
      '#',
      ',',
      ':3',
      '*',
      '%',
      '20',
      ' ',
      'é',
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, {maxLength: 12}).map((parts) => parts.join('')),
        (template) => {
          try {
            expect(URL.canParse(expand(template))).to.equal(true);
          } catch (error) {
            expect(error).to.be.instanceOf(MalformedRequestError);
          }
        },
      ),
      {numRuns: 2000},
    );
  });
});
