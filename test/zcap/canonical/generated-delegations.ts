import fc from 'fast-check';

/** A delegated capability, generated. */
export type Generated = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly proof: Readonly<Record<string, unknown>> & {readonly capabilityChain: readonly unknown[]};
};

export const CONTEXT: readonly string[] = [
  'https://w3id.org/zcap/v1',
  'https://w3id.org/security/suites/ed25519-2020/v1',
];

const URI_CHARACTERS = Array.from("abcXYZ019-._~:/?#[]@!$&'()*+,;=%");
const BASE58 = Array.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz');
/** What JSON-LD and RDF have uses for: terms of the contexts, keywords, vocabularies. */
const TELLING = [
  ...[
    'id',
    'type',
    'proof',
    'controller',
    'allowedAction',
    'capabilityChain',
    'referenceId',
    'expires',
    'caveat',
  ],
  ...['https', 'http', 'urn', 'did', 'x', 'A+b.c-d', 'mailto', 'schema', 'created', 'proofPurpose'],
];
const FAMOUS = [
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#nil',
  'http://www.w3.org/1999/02/22-rdf-syntax-ns#first',
  'https://w3id.org/security#proof',
  'https://w3id.org/security#capabilityDelegationMethod',
  'https://w3id.org/zcap/v1',
  'http://www.w3.org/2001/XMLSchema#dateTime',
];

const uri = fc.oneof(
  fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
  fc.constantFrom(...FAMOUS),
  fc
    .tuple(
      fc.constantFrom(...TELLING),
      fc.string({unit: fc.constantFrom(...URI_CHARACTERS), minLength: 1, maxLength: 20}),
    )
    .map(([scheme, rest]) => `${scheme}:${rest}`),
);
const rootId = fc.oneof(
  fc.constant(`urn:zcap:root:${encodeURIComponent('https://kms.example/kms/keystores/z1')}`),
  fc
    .string({unit: fc.constantFrom(...URI_CHARACTERS), minLength: 1, maxLength: 20})
    .map((rest) => `urn:zcap:root:${rest}`),
);
const target = fc
  .string({unit: fc.constantFrom(...URI_CHARACTERS), maxLength: 20})
  .map((rest) => `https://kms.example/kms/keystores/z1${rest}`);
/** Few, so that links share them. */
const did = fc
  .tuple(fc.constantFrom('did:key:z6Mk', 'did:web:a.example:', 'did:example:%41'), fc.constantFrom(...BASE58))
  .map(([start, end]) => start + end);
const method = fc
  .tuple(did, fc.constantFrom('z6MkA', 'key-1', "a~!$&'()*+,;=:@/?%-"))
  .map((parts) => parts.join('#'));
const action = fc.oneof(
  fc.constantFrom(
    'sign',
    'verify',
    'read',
    '@id',
    '@type',
    '_:b0',
    'https://w3id.org/security#proof',
    '"',
    '\\',
    '\\u0041',
  ),
  fc.string({unit: 'binary', minLength: 1, maxLength: 20}),
  fc.string({unit: 'grapheme', minLength: 1, maxLength: 20}),
  fc.string({
    unit: fc.constantFrom(
      '"',
      '\\',
      '\n',
      '\r',
      '\t',
      '\b',
      '\f',
      '\0',
      '\u007f',
      '\ue000',
      '\ufffd',
      '😀',
      'a',
      ' ',
    ),
    minLength: 1,
    maxLength: 8,
  }),
);
const two = (max: number) => fc.integer({min: 0, max}).map((n) => String(n).padStart(2, '0'));
const dateTime = fc
  .tuple(
    fc.constantFrom('2026', '2027', '0001', '9999'),
    fc.integer({min: 1, max: 12}).map((n) => String(n).padStart(2, '0')),
    fc.integer({min: 1, max: 28}).map((n) => String(n).padStart(2, '0')),
    two(23),
    two(59),
    fc.constantFrom('00', '07', '59.5', '00.000', '01.123456789'),
    fc.constantFrom('Z', 'Z', '+00:00', '-00:00', '+14:00', '-05:30'),
  )
  .map(
    ([year, month, day, hour, minute, second, zone]) =>
      `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`,
  );
const time = fc.oneof(fc.constant('2026-11-22T00:00:00Z'), dateTime);
const oneOrMany = <T>(item: fc.Arbitrary<T>, maxLength: number) =>
  fc.oneof(item, fc.array(item, {minLength: 1, maxLength}));

const link = fc.record(
  {
    id: uri,
    controller: oneOrMany(did, 10),
    invocationTarget: target,
    allowedAction: oneOrMany(action, 32),
    expires: time,
    created: time,
    verificationMethod: method,
    proofValue: fc.string({unit: fc.constantFrom(...BASE58), minLength: 85, maxLength: 86}),
  },
  {
    requiredKeys: [
      'id',
      'controller',
      'invocationTarget',
      'expires',
      'created',
      'verificationMethod',
      'proofValue',
    ],
  },
);
type Link = typeof link extends fc.Arbitrary<infer T> ? T : never;

/** The capability at the end of a chain of 1 to `maxLinks` delegations; its proofs are not real. */
export function delegations(maxLinks: number): fc.Arbitrary<Generated> {
  const links = fc
    .integer({min: 1, max: maxLinks})
    .chain((length) => fc.uniqueArray(link, {minLength: length, maxLength: length, selector: ({id}) => id}));
  return fc
    .tuple(rootId, links)
    .map(([root, [first, ...others]]) =>
      others.reduce((parent, child, index) => embed(child, index + 1, parent), embed(first!, 0, root)),
    );
}

function embed(
  {created, verificationMethod, proofValue, ...members}: Link,
  index: number,
  parent: Generated | string,
): Generated {
  const isRoot = typeof parent === 'string';
  return {
    '@context': CONTEXT,
    ...members,
    parentCapability: isRoot ? parent : parent.id,
    proof: {
      type: 'Ed25519Signature2020',
      created,
      verificationMethod,
      proofPurpose: 'capabilityDelegation',
      capabilityChain: isRoot ? [parent] : [...idsOf(parent.proof.capabilityChain), parent],
      proofValue: `z${proofValue}${BASE58[index]!}`,
    },
  };
}

function idsOf(chain: readonly unknown[]): readonly string[] {
  return chain.map((entry) => (typeof entry === 'string' ? entry : (entry as Generated).id));
}
