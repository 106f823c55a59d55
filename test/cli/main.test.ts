import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {run} from './run-main.ts';

describe('webkms', () => {
  it('says its version', async () => {
    const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
    const {version} = JSON.parse(manifest) as {version: string};
    expect(await run('--version')).to.deep.equal({code: 0, out: version, err: ''});
  });

  it('explains itself', async () => {
    const {code, out} = await run('--help');
    expect(code).to.equal(0);
    expect(out)
      .to.match(/^Usage: webkms <command>/)
      .and.match(/^ {2}serve /m);
    for (const args of [['-h'], ['help']]) expect(await run(...args)).to.deep.equal({code: 0, out, err: ''});
  });

  it('explains a command', async () => {
    const {code, out} = await run('help', 'serve');
    expect(code).to.equal(0);
    expect(out).to.match(/^Usage: webkms serve \[--config FILE\]/);
    expect(await run('serve', '--help')).to.deep.equal({code: 0, out, err: ''});
  });

  it('exits with 2 and a hint where the command line is wrong', async () => {
    expect(await run('srve')).to.deep.equal({
      code: 2,
      out: '',
      err: 'webkms: there is no command "srve"; did you mean serve?\nTry webkms --help.',
    });
    expect((await run('completely-different')).err).to.match(
      /^webkms: there is no command "completely-different"\.\n/,
    );
    expect((await run('whoami')).err).to.include('did you mean profiles?');
    expect((await run('grant')).err).to.include('did you mean delegate?');
    expect((await run('generate-data-key')).err).to.include('did you mean data-key?');
    expect((await run('SERVE')).err).to.include('did you mean serve?');
    expect((await run('help', 'srve')).code).to.equal(2);
    expect((await run('serve', '--confg', 'x')).err).to.match(/^webkms: Unknown option '--confg'/);
    expect((await run('serve', 'x')).code).to.equal(2);
    expect((await run('serve', '--config')).code).to.equal(2);
    expect((await run('__proto__')).code).to.equal(2);
    const {code, out, err} = await run();
    expect({code, out}).to.deep.equal({code: 2, out: ''});
    expect(err).to.match(/^Usage: /);
  });

  it('exits with 2 and all problems where the settings cannot be used', async () => {
    const {code, out, err} = await run('serve', '--config', '/nonexistent/webkms.env');
    expect({code, out, err}).to.deep.equal({
      code: 2,
      out: '',
      err: 'webkms: the settings cannot be used:\n  --config names a file that cannot be read (ENOENT)',
    });
  });
});
