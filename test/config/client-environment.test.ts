import {homedir} from 'node:os';
import {join, resolve} from 'node:path';
import {expect} from 'chai';
import {readClientEnvironment} from '../../lib/config/client-environment.ts';

describe('the environment of the command line of clients', () => {
  it('has defaults, also for what is empty', () => {
    const defaults = {home: join(homedir(), '.webkms'), profile: 'default'};
    expect(readClientEnvironment({})).to.deep.equal(defaults);
    const empty = {WEBKMS_HOME: '', WEBKMS_PROFILE: '', WEBKMS_PASSPHRASE_FILE: ''};
    expect(readClientEnvironment(empty)).to.deep.equal(defaults);
  });

  it('says where the profiles are, which one is used, and where the passphrase is', () => {
    const environment = {WEBKMS_HOME: '~/kms', WEBKMS_PROFILE: 'work', WEBKMS_PASSPHRASE_FILE: 'secret'};
    expect(readClientEnvironment(environment)).to.deep.equal({
      ...{home: join(homedir(), 'kms'), profile: 'work', passphraseFile: resolve('secret')},
    });
  });
});
