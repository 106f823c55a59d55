import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {SoftHsmToken} from '../support/softhsm-token.ts';

const run = promisify(execFile);

/** Where the package could not be compiled when the server was installed, there is none. */
const HIDE = `
  import {registerHooks} from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'pkcs11js') return next(specifier, context);
      throw Object.assign(new Error("Cannot find module 'pkcs11js'"), {code: 'MODULE_NOT_FOUND'});
    },
  });
`;

describe('a server without pkcs11js', () => {
  it('says what is missing to who asks for a token, and only then', async function () {
    const hsm = await SoftHsmToken.create(this);
    try {
      const options = JSON.stringify(hsm.options());
      const script = `
        const {Pkcs11Token} = await import(${JSON.stringify(new URL('../../lib/pkcs11/pkcs11-token.ts', import.meta.url))});
        await import(${JSON.stringify(new URL('../../lib/open-key-modules.ts', import.meta.url))});
        const error = await Pkcs11Token.open(${options}).catch((thrown) => thrown);
        console.log(JSON.stringify([error.name, error.reason, error.message]));
      `;
      const hide = `data:text/javascript,${encodeURIComponent(HIDE)}`;
      const {stdout} = await run(process.execPath, ['--import', hide, '--input-type=module', '-e', script]);
      expect(JSON.parse(stdout)).to.deep.equal([
        'TokenError',
        'binding-missing',
        'The package pkcs11js is not installed. It is compiled when the server is installed: npm install pkcs11js',
      ]);
    } finally {
      await hsm.delete();
    }
  });
});
