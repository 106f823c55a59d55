import {expect} from 'chai';
import fc from 'fast-check';
import {ValidationError, type ValidationIssue} from '../../lib/errors.ts';
import {compileChecks, createCheck, createValidator} from '../../lib/validation/create-validator.ts';
import type {Schema} from '../../schemas/json-schema.ts';
import {postKeystoreBody, updateKeystoreConfigBody} from '../../schemas/keystores.ts';
import {delegatedZcap} from '../../schemas/revocations.ts';

function issuesOf(schema: Schema, value: unknown, name = 'test'): readonly ValidationIssue[] {
  try {
    createCheck(name, schema)(value);
    return [];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect([error.status, error.name]).to.deep.equal([400, 'ValidationError']);
    expect(error.message).to.equal(`A validation error occurred in the '${name}' validator.`);
    return error.details?.['errors'] as ValidationIssue[];
  }
}

/** Issues as `path: message`. */
const told = (schema: Schema, value: unknown) =>
  issuesOf(schema, value).map(({message, details}) => `${details.path}: ${message}`);

const DID = 'did:example:owner';
const CREATE = {sequence: 0, controller: DID};
const PATTERN = 'should match pattern "^[0-9A-Fa-f.:]{2,45}/(0|[1-9][0-9]{0,2})$"';

describe('validator', () => {
  it('is compiled before it is used, where that is asked for, and is the same then', async () => {
    const check = createCheck('postKeystoreBody', postKeystoreBody);
    const used = createCheck('postKeystoreBody', postKeystoreBody);
    used(CREATE);
    // As a schema is that was never compiled: whether it was is seen by what compiling it reads.
    let read = 0;
    const watched = new Proxy(postKeystoreBody, {
      ownKeys: (target) => {
        read += 1;
        return Reflect.ownKeys(target);
      },
    });
    const watchedCheck = createCheck('postKeystoreBody', watched);
    expect(read).to.equal(0);
    await compileChecks();
    const atOnce = read;
    expect(atOnce).to.be.greaterThan(0);
    await compileChecks();
    for (const each of [check, used, watchedCheck]) {
      each(CREATE);
      expect(() => each({...CREATE, sequence: 1})).to.throw(ValidationError);
    }
    expect(issuesOf(postKeystoreBody, {...CREATE, sequence: 1})).to.have.lengthOf(1);
  });

  it('returns the very value that it accepts', () => {
    const value = {...CREATE};
    expect(createValidator('postKeystoreBody', postKeystoreBody)(value)).to.equal(value);
  });

  it('gives each issue a name, a message, a path and a keyword', () => {
    expect(issuesOf(postKeystoreBody, {...CREATE, ipAllowList: ['a']}, 'postKeystoreBody')).to.deep.equal([
      {name: 'ValidationError', message: PATTERN, details: {path: '.ipAllowList[0]', keyword: 'pattern'}},
    ]);
  });

  describe('says what existing clients test for', () => {
    const string = {type: 'object', properties: {a: {type: 'string'}}} as const;
    const cases: [Schema, unknown, string][] = [
      [string, {a: 1}, '.a: should be string'],
      [string, [], ': should be object'],
      [{type: ['string', 'array']}, 1, ': should be string,array'],
      [{type: 'integer'}, 1.5, ': should be integer'],
      [{type: 'array'}, {}, ': should be array'],
      [{type: 'object', required: ['controller']}, {}, ": should have required property 'controller'"],
      [{type: 'object', additionalProperties: false}, {a: 1}, ': should NOT have additional properties'],
      [{type: 'array', minItems: 1}, [], ': should NOT have fewer than 1 items'],
      [{type: 'array', maxItems: 1}, [1, 2], ': should NOT have more than 1 items'],
      [
        {type: 'array', uniqueItems: true},
        ['a', 'b', 'a'],
        ': should NOT have duplicate items (items ## 0 and 2 are identical)',
      ],
      [{type: 'string', minLength: 1}, '', ': should NOT be shorter than 1 characters'],
      [{type: 'string', maxLength: 1}, 'ab', ': should NOT be longer than 1 characters'],
      [{type: 'string', pattern: '^a$'}, 'b', ': should match pattern "^a$"'],
      [{type: 'string', format: 'cidr'}, 'b', `: ${PATTERN}`],
      [{type: 'integer', minimum: 0}, -1, ': should be >= 0'],
      [{type: 'integer', maximum: 0}, 1, ': should be <= 0'],
      [{const: 0}, 1, ': should be equal to constant'],
      [{enum: [0]}, 1, ': should be equal to one of the allowed values'],
    ];
    for (const [schema, value, expected] of cases) {
      it(expected, () => expect(told(schema, value)).to.deep.equal([expected]));
    }
  });

  it('writes paths as JavaScript does', () => {
    const leaf = {type: 'string'} as const;
    const schema = {
      type: 'object',
      properties: {list: {type: 'array', items: {type: 'object', properties: {'@a/b~c': leaf, $d: leaf}}}},
    } as const;
    expect(told(schema, {list: [{}, {'@a/b~c': 1, $d: 1}]})).to.deep.equal([
      ".list[1]['@a/b~c']: should be string",
      '.list[1].$d: should be string',
    ]);
  });

  it('tells at most 16 issues, and each once', () => {
    const items = {type: 'array', items: {type: 'string'}} as const;
    expect(told(items, Array<number>(200).fill(1))).to.have.length(16);
    const unknown = Object.fromEntries(Array.from({length: 1000}, (_, i) => [`member${i}`, i]));
    expect(told(postKeystoreBody, {...CREATE, ...unknown})).to.deep.equal([
      ': should NOT have additional properties',
    ]);
  });

  it('looks no further than the first issue of what is large', () => {
    const ipAllowList = Array<string>(24_000).fill(':');
    expect(told(postKeystoreBody, {...CREATE, ipAllowList})).to.have.length(1);
    expect(told(postKeystoreBody, {...CREATE, ipAllowList: ipAllowList.slice(0, 20)})).to.have.length(16);
  });

  it('never tells a value or a name that was sent', () => {
    const secret = 'secretsecret';
    const shapes = fc.constantFrom<unknown[]>(
      {...CREATE, [secret]: secret},
      {...CREATE, controller: secret},
      {...CREATE, ipAllowList: [secret]},
      {...CREATE, ipAllowList: {[secret]: secret}},
      {...CREATE, kmsModule: [secret]},
      {sequence: secret, controller: [{[secret]: secret}], meterId: {[secret]: 1}},
      secret,
    );
    fc.assert(
      fc.property(
        shapes,
        fc.constantFrom(postKeystoreBody, updateKeystoreConfigBody, delegatedZcap),
        (body, schema) => {
          const issues = issuesOf(schema, body);
          expect(issues).to.not.have.length(0);
          expect(JSON.stringify(issues)).to.not.include(secret);
        },
      ),
    );
  });

  it('is not fooled by what every object has', () => {
    const schema = {
      type: 'object',
      required: ['constructor'],
      properties: {toString: {type: 'string'}},
    } as const;
    expect(told(schema, {})).to.deep.equal([": should have required property 'constructor'"]);
  });
});

describe('postKeystoreBody', () => {
  const accepts = (body: object) => expect(told(postKeystoreBody, body)).to.deep.equal([]);
  const refuses = (body: object, ...issues: string[]) =>
    expect(told(postKeystoreBody, body)).to.deep.equal(issues);

  it('R24 takes a controller, or one to ten different ones', () => {
    const dids = Array.from({length: 11}, (_, i) => `did:key:z6Mk${i}`);
    accepts({sequence: 0, controller: 'did:web:example.com%3A8443:path'});
    accepts({sequence: 0, controller: [DID]});
    accepts({sequence: 0, controller: dids.slice(0, 10)});
    refuses({sequence: 0, controller: dids}, '.controller: should NOT have more than 10 items');
    refuses({sequence: 0, controller: []}, '.controller: should NOT have fewer than 1 items');
    refuses(
      {sequence: 0, controller: [DID, DID]},
      '.controller: should NOT have duplicate items (items ## 1 and 0 are identical)',
    );
    refuses({sequence: 0}, ": should have required property 'controller'");
    refuses({sequence: 0, controller: 1}, '.controller: should be string,array');
    refuses(
      {sequence: 0, controller: `did:key:${'z'.repeat(2048)}`},
      '.controller: should NOT be longer than 2048 characters',
    );
    for (const text of [
      '',
      'owner',
      'did:',
      'did:key',
      'did:key:',
      `${DID}#key`,
      `${DID}/path`,
      `${DID}?q`,
      ` ${DID}`,
      'did:KEY:z',
      `${DID}\n`,
    ]) {
      refuses(
        {sequence: 0, controller: text},
        '.controller: should match pattern "^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$"',
      );
      refuses(
        {sequence: 0, controller: [text]},
        '.controller[0]: should match pattern "^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$"',
      );
    }
  });

  it('begins at sequence 0', () => {
    for (const sequence of [1, -1, 0.5, '0', null, 2 ** 53]) {
      refuses({controller: DID, sequence}, '.sequence: should be equal to constant');
    }
    refuses({controller: DID}, ": should have required property 'sequence'");
  });

  it('takes no id: the server mints it', () => {
    refuses(
      {...CREATE, id: 'https://localhost:9443/kms/keystores/z1A'},
      ': should NOT have additional properties',
    );
  });

  it('takes what else there is', () => {
    accepts({...CREATE, kmsModule: 'ssm-v1', meterId: 'urn:meter:1', ipAllowList: ['10.0.0.0/8']});
    refuses({...CREATE, kmsModule: ''}, '.kmsModule: should NOT be shorter than 1 characters');
    refuses({...CREATE, meterId: 1}, '.meterId: should be string');
    refuses({...CREATE, ipAllowList: []}, '.ipAllowList: should NOT have fewer than 1 items');
    refuses(
      {...CREATE, ipAllowList: Array(101).fill('::/0')},
      '.ipAllowList: should NOT have more than 100 items',
    );
    refuses({...CREATE, ipAllowList: '::/0'}, '.ipAllowList: should be array');
  });

  it('R49 takes networks in CIDR notation', () => {
    for (const cidr of [
      '0.0.0.0/0',
      '10.1.2.3/8',
      '255.255.255.255/32',
      '::/0',
      '2001:db8::/32',
      '::1/128',
      'FE80::/10',
    ]) {
      accepts({...CREATE, ipAllowList: [cidr]});
    }
    const bad = [
      'a',
      '',
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/08',
      '10.0.0.0/',
      '10/8',
      '10.0.0/8',
    ];
    const worse = [
      '010.0.0.0/8',
      '0x10.0.0.0/8',
      '256.0.0.0/8',
      '::/129',
      ':::/1',
      'g::/8',
      '::1',
      'fe80::1%eth0/64',
    ];
    const mapped = ['::ffff:10.0.0.0/104', '::ffff:0:0/96', ' ::/0', '::/0\n', '10.0.0.0/8,::/0'];
    for (const cidr of [...bad, ...worse, ...mapped]) {
      refuses({...CREATE, ipAllowList: ['::/0', cidr]}, `.ipAllowList[1]: ${PATTERN}`);
    }
  });
});

describe('updateKeystoreConfigBody', () => {
  const config = {id: 'https://localhost:9443/kms/keystores/z1A', ...CREATE, sequence: 1};

  it('takes a whole config', () => {
    expect(
      told(updateKeystoreConfigBody, {...config, kmsModule: 'ssm-v1', meterId: 'm', ipAllowList: ['::/0']}),
    ).to.deep.equal([]);
    expect(told(updateKeystoreConfigBody, config)).to.deep.equal([]);
    expect(told(updateKeystoreConfigBody, {})).to.deep.equal([
      ": should have required property 'id'",
      ": should have required property 'controller'",
      ": should have required property 'sequence'",
    ]);
  });

  it('takes a sequence that is a safe integer', () => {
    const cases: [unknown, string][] = [
      [1.5, 'should be integer'],
      ['1', 'should be integer'],
      [-1, 'should be >= 0'],
      [2 ** 53, `should be <= ${Number.MAX_SAFE_INTEGER}`],
    ];
    for (const [sequence, message] of cases) {
      expect(told(updateKeystoreConfigBody, {...config, sequence})).to.deep.equal([`.sequence: ${message}`]);
    }
  });
});
