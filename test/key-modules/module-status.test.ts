import {expect} from 'chai';
import {KEY_TYPES} from '../../lib/keys/key-types.ts';
import type {KeyModule} from '../../lib/key-modules/key-module.ts';
import {keyModuleStatus} from '../../lib/key-modules/module-status.ts';
import {GuardedKeyModule} from '../../lib/key-modules/guarded-key-module.ts';
import {software} from '../operations/fixtures.ts';
import {KeptKeyModule} from './kept-key-module.ts';

describe('key modules, for operators', () => {
  it('are told with their names and types, and why they cannot be used', async () => {
    const hsm = new KeptKeyModule('hsm');
    const modules = new Map<string, KeyModule>([
      ['software', software],
      ['ssm-v1', software],
      ['hsm', new GuardedKeyModule(hsm)],
    ]);
    const keyTypes = ['Ed25519VerificationKey2020', 'Sha256HmacKey2019', 'urn:webkms:symmetric:AES-256-GCM'];
    const first = {names: ['software', 'ssm-v1'], keyTypes: Object.keys(KEY_TYPES)};
    expect(await keyModuleStatus(modules)).to.deep.equal([first, {names: ['hsm'], keyTypes}]);
    hsm.isAway = true;
    const problem = 'The key module cannot be used now. It is away.';
    expect(await keyModuleStatus(modules)).to.deep.equal([first, {names: ['hsm'], keyTypes, problem}]);
  });
});
