import {parseWrapper} from './location-parsers.ts';
import {listOf} from './parsers.ts';
import {setting} from './setting.ts';

/** Where roots of trust are. */
export const ROOT_SETTINGS = {
  WEBKMS_ROOT_WRAPPER: setting({
    default: 'file:<data dir>/root.key',
    parse: parseWrapper,
    meaning:
      'the first root of trust, of an empty store. `file:<path>`: one line, 32 bytes as base64url, mode 0600 · `env:<NAME>`: the same in an environment variable, such as `WEBKMS_ROOT_KEY` · `passphrase:file=<path>` (mode 0600), `passphrase:fd=<number>`, `passphrase:prompt`: a passphrase, stretched by Argon2id · `shamir:<k>-of-<n>`: n shares, any k of which open (at most 16); the server is sealed until they were given to `webkms admin unseal` · `pkcs11:token=<label>;object=<label>`: an AES-256 key in a token, see docs/guides/hsm.md',
  }),
  WEBKMS_OTHER_ROOT_WRAPPERS: setting({
    default: '',
    parse: listOf(parseWrapper),
    meaning:
      'with `WEBKMS_ISOLATION=process`: other roots of trust of the store whose files, or token, the key process may use (a comma list); what the database alone names it may not. Roots without a place (`shamir:`, `passphrase:prompt`) need not be named',
  }),
};
