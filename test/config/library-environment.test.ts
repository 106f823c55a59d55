import {expect} from 'chai';
import {libraryEnvironment} from '../../lib/config/library-environment.ts';

describe('libraryEnvironment', () => {
  it('hands on what libraries are configured by, and neither our settings and secrets nor what changes how Node runs', () => {
    const environment = {
      SOFTHSM2_CONF: '/etc/softhsm2.conf',
      HOME: '/root',
      WEBKMS_ROOT_KEY: 'secret',
      WEBKMS_STORAGE: 'postgres://u:p@h/d',
      NODE_OPTIONS: '--inspect',
      LD_PRELOAD: '/x.so',
      npm_config_registry: 'x',
      GONE: undefined,
    };
    expect(libraryEnvironment(environment)).to.deep.equal({
      SOFTHSM2_CONF: '/etc/softhsm2.conf',
      HOME: '/root',
    });
  });
});
