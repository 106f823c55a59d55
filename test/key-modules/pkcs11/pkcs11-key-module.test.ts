import {describeKeyModule} from '../../../lib/key-module-suite/describe-key-module.ts';
import {Pkcs11KeyModule} from '../../../lib/key-modules/pkcs11/pkcs11-key-module.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {Pkcs11Token} from '../../../lib/pkcs11/pkcs11-token.ts';
import {SoftHsmToken} from '../../support/softhsm-token.ts';

/** What SoftHSM2 lacks. */
const ABSENT = /BBS|Bls12381|ML-/;

describe('the PKCS #11 key module over SoftHSM2', () => {
  let hsm: SoftHsmToken | undefined;
  before(async function () {
    hsm = await SoftHsmToken.create(this);
  });
  after(() => hsm?.delete());

  describeKeyModule({
    name: 'pkcs11',
    create: async () => new Pkcs11KeyModule({token: await Pkcs11Token.open(hsm!.options())}),
    types: Object.values(KEY_TYPES).flatMap(({name}) => (ABSENT.test(name) ? [] : [name])),
  });
});
