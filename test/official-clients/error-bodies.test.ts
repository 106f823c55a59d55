import {expect} from 'chai';
import {controller} from '../support/did-key.ts';
import {rootCapabilityId} from '../support/signed-request.ts';
import {refusal} from './refusal.ts';
import {Scene} from './scene.ts';

describe('official clients: the bodies of refusals', () => {
  const [owner, stranger] = [controller('errors: owner'), controller('errors: stranger')];
  const {signer: invocationSigner} = owner;
  let scene: Scene;

  before(async () => (scene = await Scene.start()));
  after(async () => scene.stop());

  /** The members of a body that say the same as others are checked, and left out. */
  async function bodyOf(attempt: Promise<unknown>): Promise<object> {
    const {status, body} = await refusal(attempt);
    const {type, name, detail, message, title, status: bodyStatus, ...rest} = body as Record<string, unknown>;
    expect([type, detail, bodyStatus]).to.deep.equal([name, message, status]);
    return {status, title, name, message, ...rest};
  }

  it('400: what is wrong with the request', async () => {
    const {keyId, kms} = await scene.createKey(owner);
    const attempt = kms.deriveSecret({keyId, publicKey: {type: 'Multikey'}, invocationSigner});
    expect(await bodyOf(attempt)).to.deep.equal({
      status: 400,
      title: 'Bad Request',
      name: 'ValidationError',
      message: "A validation error occurred in the 'DeriveSecretOperation' validator.",
      details: {
        errors: [
          {
            name: 'ValidationError',
            message: "should have required property 'publicKeyMultibase'",
            details: {path: '.publicKey', keyword: 'required'},
          },
        ],
      },
    });
  });

  it('403: the reason, in `cause`', async () => {
    const {keyId, kms} = await scene.createKey(owner);
    const attempt = kms.sign({keyId, data: Buffer.from('data'), invocationSigner: stranger.signer});
    expect(await bodyOf(attempt)).to.deep.equal({
      status: 403,
      title: 'Forbidden',
      name: 'NotAllowedError',
      message: 'Authorization error.',
      cause: {
        name: 'NotAllowedError',
        message:
          'The capability controller does not match the verification method (or its controller) used to invoke.',
      },
    });
  });

  it('404: of a key, to who may know', async () => {
    const {keyId, keystoreId} = await scene.createKey(owner);
    const url = keyId.replace(/.{8}$/, '11111111');
    const attempt = scene.zcap(owner).read({url, capability: rootCapabilityId(keystoreId)});
    expect(await bodyOf(attempt)).to.deep.equal({
      status: 404,
      title: 'Not Found',
      name: 'NotFoundError',
      message: 'Key not found.',
    });
  });

  it('409: what was expected', async () => {
    const config = await scene.createKeystore(owner);
    const attempt = scene.kms(config.id).updateKeystore({config: {...config, sequence: 7}, invocationSigner});
    expect(await bodyOf(attempt)).to.deep.equal({
      status: 409,
      title: 'Conflict',
      name: 'InvalidStateError',
      message: 'The "sequence" must be 1, one more than the stored config\'s.',
      details: {expected: 1, actual: 7},
    });
  });
});
