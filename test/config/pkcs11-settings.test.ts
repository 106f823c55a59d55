import {expect} from 'chai';
import {loadSettings} from '../../lib/config/load-settings.ts';
import {SettingsError} from '../../lib/config/settings-error.ts';

const HSM = {
  WEBKMS_KEY_MODULES: 'software,pkcs11',
  WEBKMS_PKCS11_LIBRARY: '/usr/lib/hsm.so',
  WEBKMS_PKCS11_TOKEN: 'the keys',
  WEBKMS_PKCS11_PIN_FILE: '/keys/pin',
};

function problems(environment: Readonly<Record<string, string>>): Record<string, string> {
  try {
    loadSettings({environment});
    return {};
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return Object.fromEntries(error.problems.map(({variable, problem}) => [variable, problem]));
  }
}

describe('the settings of the key module pkcs11', () => {
  it('are needed where it is offered, all of them', () => {
    expect(problems(HSM)).to.deep.equal({});
    for (const name of ['WEBKMS_PKCS11_LIBRARY', 'WEBKMS_PKCS11_TOKEN', 'WEBKMS_PKCS11_PIN_FILE']) {
      expect(problems({...HSM, [name]: ''})).to.deep.equal({
        [name]: 'must be given, since WEBKMS_KEY_MODULES names pkcs11',
      });
    }
  });

  it('are refused where it is not offered', () => {
    const {WEBKMS_KEY_MODULES, ...others} = HSM;
    const problem = 'is used only if WEBKMS_KEY_MODULES names pkcs11';
    for (const environment of [others, {...others, WEBKMS_KEY_MODULES: 'software,other=/opt/pkcs11.js'}]) {
      expect(problems(environment)).to.deep.equal({
        WEBKMS_PKCS11_LIBRARY: problem,
        WEBKMS_PKCS11_TOKEN: problem,
        WEBKMS_PKCS11_PIN_FILE: problem,
      });
    }
    expect(WEBKMS_KEY_MODULES).to.include('pkcs11');
  });

  it('have labels as tokens have them, and so many sessions as threads', () => {
    for (const label of ['a', 'a b', 'ü'.repeat(16), 'x'.repeat(32)]) {
      expect(problems({...HSM, WEBKMS_PKCS11_TOKEN: label}), label).to.deep.equal({});
    }
    for (const label of ['x'.repeat(33), 'ü'.repeat(17), 'a ', ' ', 'a\nb']) {
      expect(problems({...HSM, WEBKMS_PKCS11_TOKEN: label}), label).to.have.keys('WEBKMS_PKCS11_TOKEN');
    }
    for (const sessions of ['1', '64']) {
      expect(problems({...HSM, WEBKMS_PKCS11_SESSIONS: sessions}), sessions).to.deep.equal({});
    }
    for (const sessions of ['0', '65', 'many']) {
      expect(problems({...HSM, WEBKMS_PKCS11_SESSIONS: sessions})).to.have.keys('WEBKMS_PKCS11_SESSIONS');
    }
  });
});
