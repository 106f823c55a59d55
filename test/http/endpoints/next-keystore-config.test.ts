import {expect} from 'chai';
import {InvalidStateError, KeystoreSequenceError} from '../../../lib/errors.ts';
import {nextKeystoreConfig} from '../../../lib/http/endpoints/next-keystore-config.ts';
import type {KeystoreConfig} from '../../../lib/storage/keystore-config-store.ts';

describe('next keystore config', () => {
  const unmetered: KeystoreConfig = {
    id: 'https://localhost:9443/kms/keystores/z1A',
    sequence: 4,
    controller: 'did:example:old',
    kmsModule: 'ssm-v1',
    ipAllowList: ['10.0.0.0/8'],
  };
  const stored: KeystoreConfig = {...unmetered, meterId: 'urn:meter:1'};
  const update = {id: stored.id, sequence: 5, controller: 'did:example:new'};

  it('takes the new controller and address list', () => {
    const next = {...update, kmsModule: 'ssm-v1', meterId: 'urn:meter:1', ipAllowList: ['::1/128']};
    expect(nextKeystoreConfig(stored, next)).to.deep.equal(next);
  });

  it('keeps what cannot change where it is left out, and clears an address list that is', () => {
    expect(nextKeystoreConfig(stored, update)).to.deep.equal({
      ...update,
      kmsModule: 'ssm-v1',
      meterId: 'urn:meter:1',
    });
    expect(nextKeystoreConfig(unmetered, update)).to.deep.equal({...update, kmsModule: 'ssm-v1'});
  });

  it('refuses every sequence but the next', () => {
    for (const sequence of [0, 3, 4, 6, Number.MAX_SAFE_INTEGER]) {
      expect(() => nextKeystoreConfig(stored, {...update, sequence}))
        .to.throw(KeystoreSequenceError, 'The "sequence" must be 5')
        .with.deep.property('details', {expected: 5, actual: sequence});
    }
  });

  it('refuses to change the key module, to its other name too, or the meter', () => {
    for (const [member, value] of [
      ['kmsModule', 'software'],
      ['meterId', 'urn:meter:2'],
    ] as const) {
      expect(() => nextKeystoreConfig(stored, {...update, [member]: value})).to.throw(
        InvalidStateError,
        `The "${member}" of a keystore cannot be changed.`,
      );
    }
    expect(() => nextKeystoreConfig(unmetered, {...update, meterId: 'urn:meter:1'})).to.throw(
      InvalidStateError,
    );
  });
});
