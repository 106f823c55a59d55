import {expect} from 'chai';
import {readOptions} from '../../bench/speed/options.ts';
import {ROWS} from '../../bench/speed/rows.ts';

describe('options of the benchmark', () => {
  it('measure everything unless told otherwise', () => {
    const {form, rows, columns, measures, isPublished} = readOptions([]);
    expect({form, columns, isPublished}).to.deep.equal({
      form: 'normal',
      columns: ['limit', 'express', 'reference', 'server'],
      isPublished: false,
    });
    expect(rows).to.deep.equal(ROWS);
    expect(measures).to.include('fairness');
  });

  it('choose rows, columns and rounds', () => {
    const options = readOptions([
      '--rows',
      'sign-3,junk',
      '--columns',
      'limit,server',
      '--rounds',
      '11',
      '--short',
    ]);
    expect(options.rows.map(({name}) => name)).to.deep.equal(['sign-3', 'junk']);
    expect(options.columns).to.deep.equal(['limit', 'server']);
    expect(options.effort.rounds).to.equal(11);
    expect(options.measures).to.deep.equal([]);
  });

  it('have another directory of the project as a column', () => {
    expect(readOptions(['--beside', '../before']).columns).to.include('beside');
  });

  it('refuse what there is not', () => {
    for (const args of [['--rows', 'sing'], ['--columns', 'beside'], ['--what']])
      expect(() => readOptions(args), args.join(' ')).to.throw(TypeError);
  });
});
