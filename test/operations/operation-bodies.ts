import fc from 'fast-check';
import {encodeBase64url} from '../../lib/encoding/base64url.ts';
import type {OperationType} from '../../schemas/kms-operations.ts';

const bytes = fc.uint8Array({maxLength: 64}).map(encodeBase64url);
const url = fc.webUrl({validSchemes: ['https']}).filter(({length}) => length <= 2048);
const name = fc.string({minLength: 1, maxLength: 64});
const someBytes = fc.uint8Array({minLength: 1, maxLength: 64}).map(encodeBase64url);
const version = fc.integer({min: 1, max: 999_999_999});
const ciphertext = fc.tuple(version, bytes).map(([number, text]) => `webkms:v${number}:${text}`);
const tagName = fc.constantFrom('name', 'team', 'a/b', '_1');
const tags = fc.dictionary(tagName, fc.string({minLength: 1, maxLength: 256}));
const policy = fc.record(
  {
    allowedOperations: fc.constant(['sign' as const]),
    rotation: fc.record({afterSeconds: fc.integer({min: 1, max: 1000})}),
    exportable: fc.boolean(),
    rate: fc.record({uses: fc.integer({min: 1, max: 100}), perSeconds: fc.integer({min: 1, max: 100})}),
  },
  {requiredKeys: []},
);
const optionalContext = {'@context': fc.constant('https://w3id.org/webkms/v1')};

const name32 = fc.string({minLength: 1, maxLength: 32});

type Bodies = fc.Arbitrary<Readonly<Record<string, unknown>>>;
type Members = Readonly<Record<string, fc.Arbitrary<unknown>>>;

/** Bodies of an operation on a key: members that it needs, and others. */
function onKey(type: OperationType, needed: Members, others: Members): Bodies {
  const members: Members = {
    ...optionalContext,
    type: fc.constant(type),
    invocationTarget: url,
    ...needed,
    ...others,
  };
  return fc.record(members, {requiredKeys: ['type', 'invocationTarget', ...Object.keys(needed)]});
}

/** Bodies that the schema of each operation accepts. */
export const OPERATION_BODIES: Readonly<Record<OperationType, Bodies>> = {
  GenerateKeyOperation: fc.record(
    {
      '@context': fc.constant(['https://w3id.org/webkms/v1', 'https://w3id.org/security/multikey/v1']),
      type: fc.constant('GenerateKeyOperation'),
      invocationTarget: fc.record(
        {
          type: name,
          maxCapabilityChainLength: fc.integer({min: 1, max: 10}),
          publicAlias: name,
          publicAliasTemplate: name,
          keyOps: fc.uniqueArray(fc.constantFrom('sign', 'verify', 'encrypt'), {minLength: 1}),
          tags,
          description: name,
          policy,
        },
        {requiredKeys: ['type']},
      ),
    },
    {requiredKeys: ['type', 'invocationTarget']},
  ),
  ImportKeyOperation: fc.record({
    type: fc.constant('ImportKeyOperation'),
    invocationTarget: fc.record({type: name}),
    keyMaterial: fc.oneof(
      fc.record({
        format: fc.constant('jwk'),
        jwk: fc.record({kty: name, d: bytes}),
      }),
      fc.record({format: fc.constantFrom('pkcs8', 'raw'), data: someBytes}),
      fc.record({
        format: fc.constantFrom('jwk', 'pkcs8', 'raw'),
        importToken: someBytes,
        wrappedKey: someBytes,
        encryptedWrappingKey: someBytes,
      }),
    ),
  }),
  GetImportParametersOperation: fc.record({
    type: fc.constant('GetImportParametersOperation'),
    invocationTarget: fc.constant({type: 'ImportParameters' as const}),
  }),
  SignOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('SignOperation'),
      invocationTarget: url,
      verifyData: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'verifyData']},
  ),
  VerifyOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('VerifyOperation'),
      invocationTarget: url,
      verifyData: bytes,
      signatureValue: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'verifyData', 'signatureValue']},
  ),
  EncryptOperation: onKey('EncryptOperation', {plaintext: bytes}, {additionalData: bytes, algorithm: name32}),
  DecryptOperation: onKey('DecryptOperation', {ciphertext}, {additionalData: bytes, algorithm: name32}),
  RewrapOperation: onKey('RewrapOperation', {ciphertext}, {additionalData: bytes}),
  GenerateDataKeyOperation: onKey(
    'GenerateDataKeyOperation',
    {},
    {
      numberOfBytes: fc.integer({min: 16, max: 1024}),
      additionalData: bytes,
      withoutPlaintext: fc.boolean(),
    },
  ),
  EncapsulateOperation: onKey('EncapsulateOperation', {}, {}),
  DecapsulateOperation: onKey('DecapsulateOperation', {ciphertext}, {}),
  BatchOperation: onKey(
    'BatchOperation',
    {
      operation: fc.constant('VerifyOperation'),
      items: fc.array(fc.record({verifyData: bytes, signatureValue: bytes}), {minLength: 1, maxLength: 5}),
    },
    {},
  ),
  RotateKeyOperation: onKey('RotateKeyOperation', {}, {}),
  UpdateKeyOperation: onKey(
    'UpdateKeyOperation',
    {description: fc.option(name)},
    {
      tags: fc.option(tags),
      policy: fc.option(policy),
      maxCapabilityChainLength: fc.option(fc.integer({min: 1, max: 10})),
      publicAlias: fc.option(name),
      publicAliasTemplate: fc.option(name),
    },
  ),
  DisableKeyOperation: onKey('DisableKeyOperation', {}, {keyVersion: version}),
  EnableKeyOperation: onKey('EnableKeyOperation', {}, {keyVersion: version}),
  DeleteKeyOperation: onKey('DeleteKeyOperation', {}, {recoveryWindowSeconds: version}),
  RestoreKeyOperation: onKey('RestoreKeyOperation', {}, {}),
  ExportKeyOperation: onKey(
    'ExportKeyOperation',
    {plaintext: fc.constant(true)},
    {format: fc.constantFrom('jwk', 'pkcs8', 'raw'), keyVersion: version},
  ),
  WrapKeyOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('WrapKeyOperation'),
      invocationTarget: url,
      unwrappedKey: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'unwrappedKey']},
  ),
  UnwrapKeyOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('UnwrapKeyOperation'),
      invocationTarget: url,
      wrappedKey: bytes,
    },
    {requiredKeys: ['type', 'invocationTarget', 'wrappedKey']},
  ),
  DeriveSecretOperation: fc.record(
    {
      ...optionalContext,
      type: fc.constant('DeriveSecretOperation'),
      invocationTarget: url,
      publicKey: fc.record({type: name, publicKeyMultibase: name}),
    },
    {requiredKeys: ['type', 'invocationTarget', 'publicKey']},
  ),
};

export const OPERATION_TYPES = Object.keys(OPERATION_BODIES) as OperationType[];
