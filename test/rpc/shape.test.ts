import {expect} from 'chai';
import {ProtocolError} from '../../lib/rpc/protocol-error.ts';
import {
  anyObject,
  boolean,
  bytes,
  bytesUpTo,
  count,
  dictionary,
  done,
  integer,
  list,
  listUpTo,
  maybe,
  object,
  oneOf,
  optional,
  text,
  tuple,
  type Shape,
} from '../../lib/rpc/shape.ts';

interface Sample {
  readonly name: string;
  readonly size?: number;
}
const sample = object<Sample>({name: text, size: optional(count)});

/** A shape; what it takes; what it refuses. */
const CASES: readonly (readonly [string, Shape<unknown>, readonly unknown[], readonly unknown[]])[] = [
  ['text', text, ['', 'a'], [1, null, undefined, ['a'], new String('a'), 'a'.repeat(1024 * 1024 + 1)]],
  ['integer', integer, [0, -1, 2 ** 53 - 1], [0.5, 2 ** 53, '1', 1n, null]],
  ['count', count, [0, 1], [-1, 0.5]],
  ['boolean', boolean, [true, false], [0, 'true', null]],
  ['bytes', bytes, [new Uint8Array(1)], ['a', [1], null, {length: 1}]],
  ['bytesUpTo', bytesUpTo(2), [new Uint8Array(0), new Uint8Array(2)], [new Uint8Array(3), 'a', [1], null]],
  ['done', done, [undefined], [null, 0, {}]],
  ['oneOf', oneOf('a', 'b'), ['a', 'b'], ['c', 'constructor', null, ['a']]],
  ['maybe', maybe(text), [undefined, 'a'], [null, 1]],
  ['list', list(text), [[], ['a']], [[1], 'a', {length: 0}, null]],
  ['listUpTo', listUpTo(1, text), [[], ['a']], [['a', 'b'], [1], 'a', {length: 0}, null]],
  [
    'tuple',
    tuple<[string, number?]>(text, maybe(count)),
    [['a'], ['a', 1]],
    [[], ['a', 1, 2], ['a', 'b'], 'a'],
  ],
  ['dictionary', dictionary(text), [{}, {a: 'b'}], [{a: 1}, [], null, new Map()]],
  [
    'object',
    sample,
    [{name: 'a'}, {name: 'a', size: 1}],
    [{}, {name: 'a', size: -1}, {name: 'a', more: 1}, [], null],
  ],
  ['anyObject', anyObject, [{}, {a: {}}], [[], null, 'a', new Uint8Array(1), new Map()]],
];

describe('rpc: shapes', () => {
  for (const [name, shape, good, bad] of CASES) {
    it(`${name} takes what it is, and nothing else`, () => {
      for (const value of good) expect(shape(value), JSON.stringify(value)).to.deep.equal(value);
      for (const value of bad) expect(() => shape(value)).to.throw(ProtocolError);
    });
  }

  it('leaves out what there is more where it is to be sent', () => {
    const nested = list(sample);
    expect(nested([{name: 'a', secret: 'b'}], true)).to.deep.equal([{name: 'a'}]);
    expect(() => nested([{name: 'a', secret: 'b'}])).to.throw(ProtocolError);
  });

  it('takes no member for given that the prototype has', () => {
    const shape = object<Record<'constructor', string>>({constructor: text});
    expect(() => shape({})).to.throw(ProtocolError);
  });

  it('leaves out members that are undefined', () => {
    expect(Object.keys(sample({name: 'a', size: undefined}))).to.deep.equal(['name']);
  });
});
