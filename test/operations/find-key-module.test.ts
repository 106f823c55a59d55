import {expect} from 'chai';
import {MalformedRequestError, UnavailableError} from '../../lib/errors.ts';
import {
  assertKeyModuleOffered,
  DEFAULT_KEY_MODULE,
  findKeyModule,
  type KeyModules,
} from '../../lib/operations/find-key-module.ts';
import {software} from './fixtures.ts';

describe('key modules', () => {
  const modules: KeyModules = new Map([
    ['software', software],
    ['ssm-v1', software],
  ]);

  it('are found by their name and by an alias', () => {
    for (const name of [DEFAULT_KEY_MODULE, 'ssm-v1']) {
      expect(findKeyModule(name, modules)).to.equal(software);
      expect(() => assertKeyModuleOffered(name, modules)).to.not.throw();
    }
  });

  it('that are not offered cannot be asked for; the refusal tells what is', () => {
    for (const name of ['hsm', 'constructor', 'Software', '']) {
      expect(() => assertKeyModuleOffered(name, modules), name)
        .to.throw(MalformedRequestError, 'kmsModule')
        .with.deep.property('details', {offered: ['software', 'ssm-v1']});
    }
  });

  it('that are not offered any more make a keystore unavailable', () => {
    expect(() => findKeyModule('hsm', modules)).to.throw(UnavailableError, 'not offered by this server now');
  });
});
