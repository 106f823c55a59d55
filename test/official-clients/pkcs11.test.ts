import {SoftHsmToken} from '../support/softhsm-token.ts';
import {describeKeyTypes} from './key-types.suite.ts';
import {Scene} from './scene.ts';

/** Types that SoftHSM2 lacks. */
const ABSENT = /BBS|Bls12381|ML-/;

for (const [where, isolation] of [
  ['used by the server', 'none'],
  ['used by its key process', 'process'],
] as const) {
  describe(`official clients, with keys in a token of PKCS #11 ${where}`, () => {
    let hsm: SoftHsmToken | undefined;
    after(() => hsm?.delete());

    describeKeyTypes({
      name: 'in SoftHSM2',
      start: async (context) => {
        hsm = await SoftHsmToken.create(context);
        return Scene.start({environment: {...hsm.settings, WEBKMS_ISOLATION: isolation}});
      },
      absent: ABSENT,
    });
  });
}
