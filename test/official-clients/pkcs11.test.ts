import {SoftHsmToken} from '../support/softhsm-token.ts';
import {describeKeyTypes} from './key-types.suite.ts';
import {Scene} from './scene.ts';

describe('official clients, with keys in a token of PKCS #11', () => {
  let hsm: SoftHsmToken | undefined;
  after(() => hsm?.delete());

  describeKeyTypes({
    name: 'in SoftHSM2',
    start: async (context) => {
      hsm = await SoftHsmToken.create(context);
      return Scene.start({environment: hsm.settings});
    },
    absent: /BBS|Bls12381|ML-/,
  });
});
