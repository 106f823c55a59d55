import {expect} from 'chai';
import fc from 'fast-check';
import {ValidationError} from '../../lib/errors.ts';
import {validateOperation} from '../../lib/operations/read-operation.ts';
import {findBatch, findOperation, OPERATIONS} from '../../lib/operations/operation-table.ts';
import {KEY_USES} from '../../lib/keys/key-uses.ts';
import {KMS_OPERATIONS, type OperationType} from '../../schemas/kms-operations.ts';
import {OPERATION_BODIES, OPERATION_TYPES} from './operation-bodies.ts';

const RUNS = {numRuns: 50};

/** What a validator says of a body: its issues, or none. */
function issuesOf(type: OperationType, body: unknown): readonly {readonly message: string}[] {
  try {
    validateOperation<OperationType>(OPERATIONS[type], body);
    return [];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect(error.message).to.equal(`A validation error occurred in the '${type}' validator.`);
    return error.details?.['errors'] as {message: string}[];
  }
}

const messagesOf = (type: OperationType, body: unknown) => issuesOf(type, body).map(({message}) => message);

describe('operation table', () => {
  it('has every operation of the wire contract, under its own type and with its own schema', () => {
    expect(Object.keys(OPERATIONS)).to.have.members(Object.keys(KMS_OPERATIONS));
    for (const [type, descriptor] of Object.entries(OPERATIONS)) {
      expect(descriptor.type).to.equal(type);
      expect(descriptor.schema).to.equal(KMS_OPERATIONS[descriptor.type].body);
      expect(findOperation(type)).to.equal(descriptor);
    }
  });

  it('R37 names each action after its operation, with a small first letter', () => {
    for (const [type, operation] of Object.entries(OPERATIONS)) {
      // A batch has its items' action, and who may import may ask how.
      if (operation.kind === 'batches' || operation.kind === 'keystore') continue;
      expect(operation.action).to.equal(type.charAt(0).toLowerCase() + type.slice(1, -'Operation'.length));
    }
    expect(OPERATIONS.GetImportParametersOperation.action).to.equal('importKey');
  });

  it('R36 gives a batch the action of its items, and batches of nothing but some uses', () => {
    const {of, schema} = OPERATIONS.BatchOperation;
    for (const [type, batch] of Object.entries(of)) {
      expect(batch.item).to.equal(findOperation(type));
      expect(batch).to.include({type: 'BatchOperation', kind: 'batch', action: batch.item.action, schema});
      expect(findBatch(type)).to.equal(batch);
    }
    const others = Object.keys(OPERATIONS).filter((type) => !(type in of));
    expect(others).to.include.members(['BatchOperation', 'RotateKeyOperation', 'ExportKeyOperation']);
    for (const type of [...others, ...Object.getOwnPropertyNames(Object.prototype), 'sign', '']) {
      expect(findBatch(type), type).to.equal(undefined);
    }
  });

  it('has a use of keys for every use that there is', () => {
    const actions = Object.values(OPERATIONS).flatMap((each) => (each.kind === 'use' ? [each.action] : []));
    expect(actions).to.have.members(Object.keys(KEY_USES));
  });

  it('finds nothing that objects have by themselves', () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      expect(findOperation(name), name).to.equal(undefined);
    }
    expect(findOperation('signOperation')).to.equal(undefined);
    expect(findOperation('')).to.equal(undefined);
    expect(Object.getPrototypeOf(OPERATIONS)).to.equal(null);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(OPERATIONS)).to.equal(true);
    expect(Object.values(OPERATIONS).every((descriptor) => Object.isFrozen(descriptor))).to.equal(true);
  });
});

for (const type of OPERATION_TYPES) {
  describe(`schema of ${type}`, () => {
    const bodies = OPERATION_BODIES[type];

    it('accepts its own bodies', () => {
      fc.assert(
        fc.property(bodies, (body) => {
          expect(issuesOf(type, body)).to.deep.equal([]);
        }),
        RUNS,
      );
    });

    for (const other of OPERATION_TYPES.filter((candidate) => candidate !== type)) {
      it(`rejects every body of ${other}`, () => {
        fc.assert(
          fc.property(OPERATION_BODIES[other], (body) => {
            expect(messagesOf(type, body)).to.include('should be equal to constant');
          }),
          RUNS,
        );
      });
    }

    it('rejects a body that lacks a member it requires', () => {
      fc.assert(
        fc.property(bodies, fc.constantFrom(...KMS_OPERATIONS[type].body.required), (body, member) => {
          const rest = Object.fromEntries(Object.entries(body).filter(([name]) => name !== member));
          expect(messagesOf(type, rest)).to.deep.equal([`should have required property '${member}'`]);
        }),
        RUNS,
      );
    });

    it('rejects a member that it does not know', () => {
      const known = Object.keys(KMS_OPERATIONS[type].body.properties);
      const unknown = fc.string().filter((name) => !known.includes(name) && name !== '__proto__');
      fc.assert(
        fc.property(bodies, unknown, (body, name) => {
          expect(messagesOf(type, {...body, [name]: 1})).to.deep.equal([
            'should NOT have additional properties',
          ]);
        }),
        RUNS,
      );
    });

    it('rejects every other context', () => {
      const [body] = fc.sample(bodies, {numRuns: 1, seed: 1});
      const contexts = ['https://w3id.org/webkms/v2', [], ['https://w3id.org/webkms/v1'], null, {}, 1];
      for (const context of contexts) {
        expect(issuesOf(type, {...body, '@context': context}), JSON.stringify(context)).to.not.deep.equal([]);
      }
    });

    it('rejects what is no object', () => {
      for (const body of [null, [], 'text', 1, true, undefined]) {
        expect(messagesOf(type, body)).to.deep.equal(['should be object']);
      }
    });
  });
}

describe('schemas of binary members', () => {
  const url = 'https://localhost:9443/kms/keystores/z1A/keys/z1B';
  const cases: [OperationType, string, Record<string, unknown>, number][] = [
    ['SignOperation', 'verifyData', {}, 75 * 1024],
    ['VerifyOperation', 'verifyData', {signatureValue: ''}, 75 * 1024],
    ['SignOperation', 'digest', {hashAlgorithm: 'SHA-512'}, 64],
    ['EncryptOperation', 'plaintext', {}, 65_536],
    ['EncryptOperation', 'additionalData', {plaintext: ''}, 4096],
    ['DecryptOperation', 'additionalData', {ciphertext: 'webkms:v1:AAAA'}, 4096],
    ['RewrapOperation', 'additionalData', {ciphertext: 'webkms:v1:AAAA'}, 4096],
    ['GenerateDataKeyOperation', 'additionalData', {}, 4096],
    ['VerifyOperation', 'signatureValue', {verifyData: ''}, 8192],
    ['WrapKeyOperation', 'unwrappedKey', {}, 65_536],
    ['UnwrapKeyOperation', 'wrappedKey', {}, 65_544],
  ];
  for (const [type, member, others, maxBytes] of cases) {
    const withMember = (value: unknown) => ({type, invocationTarget: url, ...others, [member]: value});

    it(`${type}: ${member} has at most ${maxBytes} bytes`, () => {
      const largest = Buffer.alloc(maxBytes).toString('base64url');
      expect(messagesOf(type, withMember(largest))).to.deep.equal([]);
      expect(messagesOf(type, withMember(Buffer.alloc(maxBytes + 1).toString('base64url')))).to.deep.equal([
        `should NOT be longer than ${largest.length} characters`,
      ]);
    });

    it(`${type}: ${member} is of the base64url alphabet`, () => {
      for (const value of ['AA==', 'AA+A', 'AA/A', 'AA A', 'AAA\n', 'AAÄA']) {
        expect(messagesOf(type, withMember(value)), value).to.deep.equal([
          'should match pattern "^[A-Za-z0-9_-]*$"',
        ]);
      }
      for (const value of [null, 1, {}, ['AAAA']]) {
        expect(messagesOf(type, withMember(value))).to.deep.equal(['should be string']);
      }
    });
  }
});

describe('schema of GenerateKeyOperation', () => {
  const generate = (settings: object) => ({
    type: 'GenerateKeyOperation',
    invocationTarget: {type: 'Ed25519VerificationKey2020', ...settings},
  });
  const messages = (settings: object) => messagesOf('GenerateKeyOperation', generate(settings));

  it('R26 takes a maxCapabilityChainLength from 1 to 10', () => {
    expect(messages({maxCapabilityChainLength: 1})).to.deep.equal([]);
    expect(messages({maxCapabilityChainLength: 10})).to.deep.equal([]);
    expect(messages({maxCapabilityChainLength: 0})).to.deep.equal(['should be >= 1']);
    expect(messages({maxCapabilityChainLength: 11})).to.deep.equal(['should be <= 10']);
    expect(messages({maxCapabilityChainLength: 1.5})).to.deep.equal(['should be integer']);
    expect(messages({maxCapabilityChainLength: '1'})).to.deep.equal(['should be integer']);
  });

  it('bounds an alias and a template', () => {
    expect(messages({publicAlias: 'a'.repeat(8192)})).to.deep.equal([]);
    expect(messages({publicAlias: 'a'.repeat(8193)})).to.deep.equal([
      'should NOT be longer than 8192 characters',
    ]);
    expect(messages({publicAlias: ''})).to.deep.equal(['should NOT be shorter than 1 characters']);
    expect(messages({publicAliasTemplate: 'a'.repeat(80 * 1024)})).to.deep.equal([
      'should NOT be longer than 2048 characters',
    ]);
  });

  it('rejects an id: the server mints it', () => {
    expect(messages({id: 'https://localhost/kms/keystores/z1A/keys/z1B'})).to.deep.equal([
      'should NOT have additional properties',
    ]);
  });
});
