import {spawnSync} from 'node:child_process';
import {expect} from 'chai';
import {takeVariable} from '../../lib/config/environment-secrets.ts';

describe('takeVariable', () => {
  it('gives a variable once, as UTF-8, and takes it out of the environment', () => {
    const environment = {KEY: 'caf\u00e9', OTHER: 'x'};
    expect(takeVariable('KEY', environment)).to.deep.equal(Buffer.from('caf\u00e9'));
    expect(environment).to.deep.equal({OTHER: 'x'});
    expect(takeVariable('KEY', environment)).to.equal(undefined);
  });

  it('takes an empty one for none', () => {
    const environment = {KEY: ''};
    expect(takeVariable('KEY', environment)).to.equal(undefined);
    expect(takeVariable('constructor', environment)).to.equal(undefined);
  });

  it('keeps it from child processes', () => {
    const name = 'WEBKMS_TEST_SECRET';
    const inherited = (): string =>
      spawnSync(process.execPath, ['-p', `process.env.${name}`], {encoding: 'utf8'}).stdout.trim();
    process.env[name] = 'secret';
    expect(inherited()).to.equal('secret');
    expect(takeVariable(name)).to.deep.equal(Buffer.from('secret'));
    expect(inherited()).to.equal('undefined');
  });
});
