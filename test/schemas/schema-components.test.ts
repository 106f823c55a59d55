import {expect} from 'chai';
import {SchemaComponents} from '../../schemas/schema-components.ts';

const NUMBER = {title: 'A number', type: 'integer'} as const;

describe('schema components', () => {
  it('have each titled schema once, wherever it is nested', () => {
    const components = new SchemaComponents();
    const reference = {$ref: '#/components/schemas/ANumber'};
    expect(components.use(NUMBER)).to.deep.equal(reference);
    expect(components.use({type: 'array', items: {...NUMBER}})).to.deep.equal({
      type: 'array',
      items: reference,
    });
    expect(components.toJSON()).to.deep.equal({ANumber: NUMBER});
  });

  it('refuse two schemas of one title', () => {
    const components = new SchemaComponents();
    components.use(NUMBER);
    expect(() => components.use({...NUMBER, minimum: 1})).to.throw('Two schemas are titled "A number".');
  });
});
