import {expect} from 'chai';
import {NotSupportedError, ValidationError} from '../../lib/errors.ts';
import {readOperationType} from '../../lib/operations/read-operation.ts';
import {OPERATIONS} from '../../lib/operations/operation-table.ts';

describe('type of a posted operation', () => {
  const KEY_OPERATIONS = Object.values(OPERATIONS).flatMap(({target, type}) =>
    target === 'key' ? [type] : [],
  );

  it('says which operation it is, whatever else the body holds', () => {
    expect(readOperationType({type: 'GenerateKeyOperation', junk: 1}, 'keystore')).to.equal(
      OPERATIONS.GenerateKeyOperation,
    );
    for (const type of KEY_OPERATIONS.filter((each) => each !== 'BatchOperation')) {
      expect(readOperationType({type}, 'key')).to.equal(OPERATIONS[type]);
    }
  });

  it('R36 must be one of those that are posted there', () => {
    const others = [
      'constructor',
      '__proto__',
      'toString',
      '',
      'sign',
      'signOperation',
      'DestroyKeyOperation',
    ];
    for (const type of [...others, 'GenerateKeyOperation', 'ImportKeyOperation']) {
      expect(() => readOperationType({type}, 'key'), type)
        .to.throw(NotSupportedError, 'KMS operation not supported.')
        .with.deep.property('details', {supported: KEY_OPERATIONS});
    }
    for (const type of [...others, 'SignOperation', 'BatchOperation', 'DeleteKeyOperation']) {
      expect(() => readOperationType({type}, 'keystore'), type)
        .to.throw(NotSupportedError, 'KMS operation not supported.')
        .with.deep.property('details', {
          supported: ['GenerateKeyOperation', 'ImportKeyOperation', 'GetImportParametersOperation'],
        });
    }
  });

  it('R36 of a batch says what it is a batch of, and so what is asked for', () => {
    const {of} = OPERATIONS.BatchOperation;
    const read = (operation: unknown) =>
      readOperationType({type: 'BatchOperation', operation, items: 1}, 'key');
    for (const [type, batch] of Object.entries(of)) expect(read(type)).to.equal(batch);
    for (const type of [
      'BatchOperation',
      'RotateKeyOperation',
      'ExportKeyOperation',
      'constructor',
      'sign',
      '',
    ]) {
      expect(() => read(type), type)
        .to.throw(NotSupportedError, 'KMS operation not supported.')
        .with.deep.property('details', {supported: Object.keys(of)});
    }
    for (const operation of [undefined, null, 1, ['SignOperation'], {}]) {
      expect(() => read(operation)).to.throw(
        ValidationError,
        "A validation error occurred in the 'BatchOperation' validator.",
      );
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
