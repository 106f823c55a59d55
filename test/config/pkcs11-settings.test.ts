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

describe('the settings of tokens', () => {
  it('are needed where the key module pkcs11 is offered, all of them', () => {
    expect(problems(HSM)).to.deep.equal({});
    for (const name of ['WEBKMS_PKCS11_LIBRARY', 'WEBKMS_PKCS11_TOKEN', 'WEBKMS_PKCS11_PIN_FILE']) {
      expect(problems({...HSM, [name]: ''})).to.deep.equal({
        [name]: 'must be given, since WEBKMS_KEY_MODULES names pkcs11',
      });
    }
  });

  it('may be given, some or all, where it is not offered: for roots of trust', () => {
    const {WEBKMS_KEY_MODULES, ...others} = HSM;
    expect(WEBKMS_KEY_MODULES).to.include('pkcs11');
    expect(problems(others)).to.deep.equal({});
    expect(problems({WEBKMS_PKCS11_LIBRARY: '/usr/lib/hsm.so'})).to.deep.equal({});
    expect(loadSettings({environment: {WEBKMS_PKCS11_TOKEN: 'the keys'}}).pkcs11).to.deep.equal({
      ...{library: undefined, tokenLabel: 'the keys', pinFile: undefined},
      ...{sessions: 4, timeoutMs: 10_000},
    });
  });

  it('of a root of trust are read into its one spelling, and hold no PIN', () => {
    const {rootWrapper} = loadSettings({environment: {WEBKMS_ROOT_WRAPPER: 'pkcs11:object=a*b;token=t'}});
    expect(rootWrapper).to.equal('pkcs11:token=t;object=a%2Ab;type=secret-key');
    expect(problems({WEBKMS_ROOT_WRAPPER: 'pkcs11:object=a?pin-value=1234'})).to.deep.equal({
      WEBKMS_ROOT_WRAPPER: 'must not hold a PIN: name the file that does by pin-source=file:<path>',
    });
    expect(problems({WEBKMS_ROOT_WRAPPER: 'pkcs11:token=t'})['WEBKMS_ROOT_WRAPPER']).to.include(
      'object=<label>',
    );
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
