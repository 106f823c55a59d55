import {homedir} from 'node:os';
import {join, resolve} from 'node:path';
import {inspect} from 'node:util';
import {expect} from 'chai';
import {parseCidr, parseDid, parseHttpsOrigin, parseListenAddress} from '../../lib/config/address-parsers.ts';
import {describeStorage, parseStorage, parseWrapper} from '../../lib/config/location-parsers.ts';
import {
  durationUpTo,
  integer,
  listOf,
  offOr,
  oneOf,
  optional,
  parseDuration,
  parsePath,
  parseRate,
  unlimitedOr,
  type Parser,
} from '../../lib/config/parsers.ts';

interface Case {
  readonly name: string;
  readonly parse: Parser<unknown>;
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'oneOf',
    parse: oneOf('a', 'b'),
    good: [
      ['a', 'a'],
      ['b', 'b'],
    ],
    bad: ['', 'A', 'a ', 'c'],
  },
  {
    name: 'integer',
    parse: integer(1, 100),
    good: [
      ['1', 1],
      ['100', 100],
    ],
    bad: ['', '0', '101', '-1', '1.0', '1e1', '0x1', '01', ' 1', 'NaN', 'Infinity', '9'.repeat(400)],
  },
  {
    name: 'listOf',
    parse: listOf(integer(0, 9)),
    good: [
      ['', []],
      ['1', [1]],
      ['1, 2,3', [1, 2, 3]],
    ],
    bad: ['1,', ',', '1,x'],
  },
  {
    name: 'optional',
    parse: optional(integer(0, 9)),
    good: [
      ['', undefined],
      ['1', 1],
    ],
    bad: ['x'],
  },
  {
    name: 'offOr',
    parse: offOr(integer(0, 9)),
    good: [
      ['off', undefined],
      ['1', 1],
    ],
    bad: ['', 'on'],
  },
  {
    name: 'unlimitedOr',
    parse: unlimitedOr(integer(1, 9)),
    good: [
      ['unlimited', undefined],
      ['1', 1],
    ],
    bad: ['', 'off', '0'],
  },
  {
    name: 'parseDuration',
    parse: parseDuration,
    good: [
      ['10s', 10],
      ['15m', 900],
      ['24h', 86_400],
      ['90d', 7_776_000],
    ],
    bad: ['', '10', 's', '0s', '-1s', '1.5h', '1w', '1 s', '1S', '10s ', '9999999999s'],
  },
  {
    name: 'durationUpTo',
    parse: durationUpTo('1h'),
    good: [
      ['1h', 3600],
      ['60m', 3600],
    ],
    bad: ['61m', '1d', 'x'],
  },
  {
    name: 'parseRate',
    parse: parseRate,
    good: [
      ['600/1s', {points: 600, seconds: 1}],
      ['1/15m', {points: 1, seconds: 900}],
    ],
    bad: ['', '600', '600/s', '/1s', '0/1s', '600/0s', '600/25h', '600/1d', '-1/1s', '1e3/1s', '600/1s/2'],
  },
  {
    name: 'parsePath',
    parse: parsePath,
    good: [
      ['/a/../b', '/b'],
      ['a', resolve('a')],
      ['~/a', join(homedir(), 'a')],
      ['~a', resolve('~a')],
    ],
    bad: ['a\0b'],
  },
  {
    name: 'parseListenAddress',
    parse: parseListenAddress,
    good: [
      ['127.0.0.1:9443', {host: '127.0.0.1', port: 9443}],
      ['0.0.0.0:0', {host: '0.0.0.0', port: 0}],
      ['[::]:443', {host: '::', port: 443}],
      ['localhost:65535', {host: 'localhost', port: 65_535}],
    ],
    bad: [
      '',
      '9443',
      ':9443',
      '::1:9443',
      '[::1]',
      '[x]:1',
      '[127.0.0.1]:1',
      '127.0.0.1:65536',
      '127.0.0.1:-1',
      'a b:1',
      'http://a:1',
    ],
  },
  {
    name: 'parseHttpsOrigin',
    parse: parseHttpsOrigin,
    good: [
      ['https://localhost:9443', 'https://localhost:9443'],
      ['https://kms.example', 'https://kms.example'],
      ['https://[::1]:9443', 'https://[::1]:9443'],
    ],
    bad: [
      '',
      'kms.example',
      'http://kms.example',
      'https://kms.example/',
      'https://kms.example/path',
      'https://kms.example?q',
      'https://kms.example#f',
      'https://KMS.example',
      'https://kms.example:443',
      'https://u:p@kms.example',
      ' https://kms.test',
    ],
  },
  {
    name: 'parseCidr',
    parse: parseCidr,
    good: [
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['0.0.0.0/0', '0.0.0.0/0'],
      ['192.0.2.1', '192.0.2.1/32'],
      ['fd00::/8', 'fd00::/8'],
      ['::1', '::1/128'],
    ],
    bad: [
      '',
      'x',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/08',
      '10.0.0.0/8/8',
      '10.0.0/8',
      '::/129',
      'fe80::1%eth0',
      '10.0.0.0/',
    ],
  },
  {
    name: 'parseDid',
    parse: parseDid,
    good: [
      ['did:key:z6Mk', 'did:key:z6Mk'],
      ['did:web:example.com%3A8443:user', 'did:web:example.com%3A8443:user'],
    ],
    bad: [
      '',
      'did:key',
      'did:key:',
      'DID:key:z',
      'did:key:z#z',
      'did:key:z/p',
      'did:key:z?q',
      'https://x',
      'did:key:a b',
    ],
  },
  {
    name: 'parseStorage',
    parse: parseStorage,
    good: [['sqlite:/var/lib/webkms.db', {kind: 'sqlite', path: '/var/lib/webkms.db'}]],
    bad: ['', 'sqlite:', 'sqlite:///x', 'sqlite::memory:', '/x', 'mysql:x', 'mongodb://h', 'mongodb+srv://h'],
  },
  {
    name: 'parseWrapper',
    parse: parseWrapper,
    good: [
      ['file:/etc/root.key', 'file:/etc/root.key'],
      ['file:root.key', `file:${resolve('root.key')}`],
      ['env:WEBKMS_ROOT_KEY', 'env:WEBKMS_ROOT_KEY'],
      ['env:_root_key1', 'env:_root_key1'],
      ['passphrase:file=/etc/p', 'passphrase:file=/etc/p'],
      ['passphrase:file=p', `passphrase:file=${resolve('p')}`],
      ['passphrase:fd=0', 'passphrase:fd=0'],
      ['passphrase:fd=10', 'passphrase:fd=10'],
      ['passphrase:prompt', 'passphrase:prompt'],
      ['shamir:2-of-3', 'shamir:2-of-3'],
      ['shamir:16-of-16', 'shamir:16-of-16'],
    ],
    bad: [
      '',
      'file:',
      'file:///x',
      '/x',
      'vault:x',
      'env:',
      'env:A B',
      'env:A\n',
      'env:1A',
      'env:WEBKMS_LISTEN',
      'env:WEBKMS_ROOT_KEYS',
      'passphrase:',
      'passphrase:correct horse battery staple',
      'shamir:',
      'shamir:1-of-3',
      'shamir:3-of-2',
      'shamir:2-of-17',
      'shamir:2-of-3,file:/x',
      'passphrase:fd=1',
      'passphrase:fd=2',
      'passphrase:fd=x',
      'passphrase:file=///x',
      'passphrase:file=a\0b',
      'passphrase:prompt\n',
    ],
  },
];

describe('parsers of settings', () => {
  for (const {name, parse, good, bad} of CASES) {
    it(`${name} takes what it should`, () => {
      for (const [text, value] of good) expect(parse(text), text).to.deep.equal(value);
    });

    it(`${name} refuses everything else, without repeating it`, () => {
      for (const text of bad) {
        const quoted = JSON.stringify(text);
        try {
          parse(text);
        } catch (error) {
          const {message} = error as Error;
          expect(message, quoted).to.match(/^(must be|names) /);
          if (text.length > 12) expect(message, quoted).not.to.include(text);
          continue;
        }
        expect.fail(`${quoted} was taken`);
      }
    });
  }

  it('take no passphrase file without a path', () => {
    expect(() => parseWrapper('passphrase:file=')).to.throw('must be file:<path>, env:<NAME>, passphrase:');
  });

  describe('take URLs of database servers', () => {
    const shown = (text: string): string => {
      const storage = parseStorage(text);
      expect(
        JSON.stringify([storage, String('url' in storage && storage.url), inspect(storage)]),
      ).not.to.include('s3cret');
      if (storage.kind === 'sqlite') throw new Error('It was taken for a file.');
      expect(storage.url.reveal()).to.equal(text);
      expect(storage.holdsPassword).to.equal(text.includes('s3cret'));
      return `${storage.kind} ${describeStorage(storage)}`;
    };
    for (const [text, expected] of [
      ['postgres://db.example/kms', 'postgres postgres://db.example/kms'],
      ['postgresql://kms:s3cret@[::1]:5432/kms?sslmode=verify-full', 'postgres postgresql://[::1]:5432/kms'],
      ['mongodb://a:27017,b:27018/kms?replicaSet=rs0', 'mongodb mongodb://a:27017,b:27018/kms'],
      ['mongodb+srv://kms:s3cret%40%2f@cluster.example/kms', 'mongodb mongodb+srv://cluster.example/kms'],
      ['postgres://kms:@h/d', 'postgres postgres://h/d'],
      ['postgres://kms:s3cret@a,b:5433/kms', 'postgres postgres://a,b:5433/kms'],
    ] as const) {
      it(`${text} as ${expected}`, () => expect(shown(text)).to.equal(expected));
    }

    for (const text of [
      'postgres://u:s3/cret@h/d',
      'postgres://u:s3@cret@h/d',
      'mongodb://u:s3?cret@h/d',
      'mongodb://u:s3#cret@h/d',
      'postgres://u@h/d?password=s3cret',
      'postgres:///d',
      'postgres://u@h',
      'postgres://u@h/',
      'mongodb://h/a/b',
      'postgres://u:s3 cret@h/d',
      'postgres:h/d',
    ]) {
      it(`and refuse ${text} without repeating it`, () => {
        expect(() => parseStorage(text)).to.throw(/^must (?!.*s3)/);
      });
    }
  });
});
