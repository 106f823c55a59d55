import {expect} from 'chai';
import {describeError, describeErrorWithStack} from '../../lib/observability/describe-error.ts';

const SECRET = 'MHcCAQEEIPn3mkmJlWFLy';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

describe('describeError', () => {
  it('tells name, message, code and causes', () => {
    const cause = Object.assign(new Error('disk full'), {code: 'SQLITE_FULL'});
    expect(describeError(new TypeError('cannot write', {cause}))).to.deep.equal({
      name: 'TypeError',
      message: 'cannot write',
      cause: {name: 'Error', message: 'disk full', code: 'SQLITE_FULL'},
    });
  });

  it('tells where, if asked to', () => {
    const {stack} = describeErrorWithStack(new Error('x'));
    expect(stack)
      .to.match(/^\s+at .*describe-error\.test\.ts/)
      .and.not.include('Error: x');
  });

  const CARRIERS: readonly [title: string, error: unknown][] = [
    ['a member of its own', Object.assign(new Error('x'), {jwk: {d: SECRET}, [SECRET]: 1})],
    ['what JSON.parse quotes', thrownBy(() => JSON.parse(`"${SECRET}`) as unknown)],
    [
      'what JSON.parse quotes, as a cause',
      new Error('x', {cause: thrownBy(() => JSON.parse(SECRET) as unknown)}),
    ],
    ['an argument that Node quotes', thrownBy(() => Buffer.alloc(SECRET as unknown as number))],
    ['a thrown string', SECRET],
    ['a thrown object', {SECRET}],
    ['a cause that is no error', new Error('x', {cause: SECRET})],
  ];
  for (const [title, error] of CARRIERS) {
    it(`does not tell ${title}`, () => {
      expect(JSON.stringify(describeErrorWithStack(error))).not.to.include(SECRET);
    });
  }

  it('is bounded', () => {
    const loop = new Error('x'.repeat(10_000));
    loop.cause = loop;
    expect(JSON.stringify(describeError(loop)).length).to.be.lessThan(4000);
  });
});
