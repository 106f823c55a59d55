import {expect} from 'chai';
import {
  type KmsError,
  InvalidStateError,
  KeyPolicyError,
  KeyStateError,
  MalformedRequestError,
  NotFoundError,
  NotSupportedError,
  OperationFailedError,
  PayloadTooLargeError,
  RateLimitError,
  ValidationError,
} from '../../../lib/errors.ts';
import {refused} from '../refused.ts';
import type {GetKms} from '../kms.suite.ts';

const DATA = Buffer.from('data');

interface Expected {
  readonly attempt: (kms: ReturnType<GetKms>) => Promise<unknown>;
  readonly ErrorClass: abstract new (...parameters: never[]) => KmsError;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What each is refused with: the same, word for word, on both sides of a network. */
const REFUSALS: Readonly<Record<string, Expected>> = {
  'a key that is not there': {
    attempt: (kms) => kms.sign(`${kms.serviceIdentifier}/keys/z19o5KL1Ejqmh7SXRdVvQvESA`, DATA),
    ErrorClass: NotFoundError,
    message: 'Key not found.',
  },
  'a name that is not there': {
    attempt: (kms) => kms.sign('name:nobody', DATA),
    ErrorClass: NotFoundError,
    message: 'No key of this keystore has the name "nobody".',
  },
  'a URL of elsewhere': {
    attempt: (kms) => kms.sign('https://example.com/kms/keystores/a/keys/b', DATA),
    ErrorClass: MalformedRequestError,
    message: 'A key is named by "name:NAME", or by its URL, which begins with that of this keystore.',
  },
  'an operation that the type has not': {
    attempt: async (kms) => kms.sign((await kms.createKey('aes256')).kid, DATA),
    ErrorClass: NotSupportedError,
    message: 'The key does not support this operation.',
    details: {supported: ['encrypt', 'decrypt']},
  },
  'an algorithm that is not allowed': {
    attempt: async (kms) => {
      const {kid} = await kms.createKey('rsa2048', {policy: {allowedAlgorithms: ['RS256']}});
      return kms.sign(kid, DATA, {algorithm: 'PS256'});
    },
    ErrorClass: KeyPolicyError,
    message: "The key's policy does not allow the algorithm PS256.",
    details: {policy: 'allowedAlgorithms'},
  },
  'a disabled key': {
    attempt: async (kms) => {
      const {kid} = await kms.createKey('aes256');
      await kms.disableKey(kid);
      return kms.encrypt(kid, DATA);
    },
    ErrorClass: KeyStateError,
    message: 'The key is disabled.',
    details: {state: 'disabled'},
  },
  'what does not decrypt': {
    attempt: async (kms) => kms.decrypt((await kms.createKey('aes256')).kid, `webkms:v1:${'A'.repeat(40)}`),
    ErrorClass: OperationFailedError,
    message: 'The operation failed.',
  },
  'more data than the policy allows': {
    attempt: async (kms) =>
      kms.encrypt((await kms.createKey('aes256', {policy: {maxDataBytes: 3}})).kid, DATA),
    ErrorClass: PayloadTooLargeError,
    message: "The key's policy allows data of at most 3 bytes.",
    details: {policy: 'maxDataBytes'},
  },
  'more data than a request holds': {
    attempt: async (kms) => kms.encrypt((await kms.createKey('aes256')).kid, Buffer.alloc(100_000)),
    ErrorClass: PayloadTooLargeError,
    message: 'The request body must not be larger than 102400 bytes.',
  },
  'too many uses': {
    attempt: async (kms) => {
      const {kid} = await kms.createKey('aes256', {policy: {rate: {uses: 1, perSeconds: 3600}}});
      await kms.encrypt(kid, DATA);
      return kms.encrypt(kid, DATA);
    },
    ErrorClass: RateLimitError,
    message: 'Too many requests.',
  },
  'a body that is not of the schema': {
    attempt: (kms) => kms.createKey('aes256', {maxCapabilityChainLength: 11}),
    ErrorClass: ValidationError,
    message: "A validation error occurred in the 'GenerateKeyOperation' validator.",
    details: {
      errors: [
        {
          name: 'ValidationError',
          message: 'should be <= 10',
          details: {path: '.invocationTarget.maxCapabilityChainLength', keyword: 'maximum'},
        },
      ],
    },
  },
};

export function describeErrors(kms: GetKms): void {
  describe('errors', () => {
    for (const [title, {attempt, ErrorClass, message, details}] of Object.entries(REFUSALS)) {
      it(title, async () => {
        const error = await refused(attempt(kms()));
        expect(error, error.stack).to.be.instanceOf(ErrorClass);
        expect([error.message, error.details]).to.deep.equal([message, details]);
      });
    }

    it('after it was destroyed', async () => {
      const {kid} = await kms().createKey('aes256');
      const handle = await kms().getSecretKey(kid);
      const {publicKey} = await kms().generateKeyPair('rsa2048');
      await kms()[Symbol.asyncDispose]();
      await kms().destroy();
      for (const attempt of [
        kms().getKey(kid),
        kms().createKey('aes256'),
        handle.encrypt(DATA),
        kms().getPublicKeys(),
        kms().importPrivateKey({raw: Buffer.alloc(32)}, {alg: 'aes256'}),
        kms().exportPrivateKey(kid),
      ]) {
        expect(await refused(attempt)).to.be.instanceOf(InvalidStateError);
      }
      // Nobody is asked for that.
      expect(await publicKey.encrypt(DATA)).to.match(/^webkms:v1:/);
    });
  });
}
