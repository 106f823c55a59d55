import {expect} from 'chai';
import {MalformedRequestError, UnavailableError} from '../../lib/errors.ts';
import {
  assertKeyModuleOffered,
  defaultKeyModule,
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
    for (const name of ['software', 'ssm-v1']) {
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

  it('are the first that is offered, where a keystore asks for none', () => {
    expect(defaultKeyModule(modules)).to.equal('software');
    const more: KeyModules = new Map([['hsm', software], ...modules]);
    expect(defaultKeyModule(more)).to.equal('hsm');
    expect(() => defaultKeyModule(new Map())).to.throw(UnavailableError);
  });

  it('that are not offered any more make a keystore unavailable', () => {
    expect(() => findKeyModule('hsm', modules)).to.throw(UnavailableError, 'not offered by this server now');
  });
});
