import {expect} from 'chai';
import {NotSupportedError, ValidationError} from '../../../lib/errors.ts';
import {readOperationType} from '../../../lib/http/endpoints/read-operation.ts';
import {OPERATIONS} from '../../../lib/operations/operation-table.ts';

describe('type of a posted operation', () => {
  const KEY_OPERATIONS = Object.values(OPERATIONS).flatMap(({target, type}) =>
    target === 'key' ? [type] : [],
  );

  it('says which operation it is, whatever else the body holds', () => {
    expect(readOperationType({type: 'GenerateKeyOperation', junk: 1}, 'keystore')).to.equal(
      OPERATIONS.GenerateKeyOperation,
    );
    for (const type of KEY_OPERATIONS) expect(readOperationType({type}, 'key')).to.equal(OPERATIONS[type]);
  });

  it('R36 must be one of those that are posted there', () => {
    const others = [
      'constructor',
      '__proto__',
      'toString',
      '',
      'sign',
      'signOperation',
      'DeleteKeyOperation',
    ];
    for (const type of [...others, 'GenerateKeyOperation']) {
      expect(() => readOperationType({type}, 'key'), type)
        .to.throw(NotSupportedError, 'KMS operation not supported.')
        .with.deep.property('details', {supported: KEY_OPERATIONS});
    }
    for (const type of [...others, 'SignOperation']) {
      expect(() => readOperationType({type}, 'keystore'), type)
        .to.throw(NotSupportedError, 'KMS operation not supported.')
        .with.deep.property('details', {supported: ['GenerateKeyOperation']});
    }
  });

  it('must be there', () => {
    for (const body of [{}, {type: 1}, {type: ['SignOperation']}, null, [], 'SignOperation']) {
      expect(() => readOperationType(body, 'key'), JSON.stringify(body)).to.throw(
        ValidationError,
        "A validation error occurred in the 'KmsOperation' validator.",
      );
    }
  });
});
