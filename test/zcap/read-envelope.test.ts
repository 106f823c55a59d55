import {createHash} from 'node:crypto';
import {expect} from 'chai';
import fc from 'fast-check';
import type {RequestHead} from '../../lib/zcap/envelope.ts';
import {readEnvelope} from '../../lib/zcap/read-envelope.ts';
import {verifierHeaders} from '../../lib/zcap/verifier-headers.ts';
import {expectRefusal, thrownBy} from './refusal.ts';

const HOST = 'kms.example:9443';
const NOW = 1_800_000_000;
const KEYSTORE = '/kms/keystores/z19uMCzCbfRyhRyKVXe8tn8Zz';
const SIGNATURE = Buffer.alloc(64, 7).toString('base64');
const SIGNED = '(key-id) (created) (expires) (request-target) host capability-invocation';
const BODY_DIGEST = createHash('sha256').update('{}').digest();
const MULTIHASH = 'mh=u' + Buffer.concat([Buffer.from([0x12, 0x20]), BODY_DIGEST]).toString('base64url');

interface Parameters {
  keyId?: string;
  headers?: string;
  signature?: string;
  created?: string;
  expires?: string;
}

function authorization({
  keyId = 'did:key:z6Mk#z6Mk',
  headers = SIGNED,
  signature = SIGNATURE,
  created = String(NOW),
  expires = String(NOW + 600),
}: Parameters = {}): string {
  return `Signature keyId="${keyId}",headers="${headers}",signature="${signature}",created="${created}",expires="${expires}"`;
}

function get(
  parameters: Parameters = {},
  {target = KEYSTORE, extra = [] as string[], host = HOST, method = 'GET'} = {},
): RequestHead {
  return {
    method,
    target,
    remoteAddress: '127.0.0.1',
    rawHeaders: [
      'Host',
      host,
      'Authorization',
      authorization(parameters),
      'Capability-Invocation',
      'zcap id="urn:zcap:root:x",action="read"',
      ...extra,
    ],
  };
}

function post(
  extra: string[] = [],
  {headers = `${SIGNED} content-type digest`, digest = MULTIHASH, contentType = 'application/json'} = {},
): RequestHead {
  return {
    ...get({headers}, {extra: ['Content-Type', contentType, 'Digest', digest, ...extra]}),
    method: 'POST',
  };
}

const read = (head: RequestHead): ReturnType<typeof readEnvelope> =>
  readEnvelope(head, {host: HOST, now: NOW});

describe('readEnvelope', () => {
  it('reads a well-formed GET', () => {
    const envelope = read(get());
    expect(envelope.url).to.equal(`https://${HOST}${KEYSTORE}`);
    expect(envelope.resource).to.equal(envelope.url);
    expect(envelope.httpSignature).to.deep.include({
      keyId: 'did:key:z6Mk#z6Mk',
      created: NOW,
      expires: NOW + 600,
    });
    expect(envelope.bodyDigest).to.equal(undefined);
    expect(envelope.signingString).to.equal(
      [
        '(key-id): did:key:z6Mk#z6Mk',
        `(created): ${NOW}`,
        `(expires): ${NOW + 600}`,
        `(request-target): get ${KEYSTORE}`,
        `host: ${HOST}`,
        'capability-invocation: zcap id="urn:zcap:root:x",action="read"',
      ].join('\n'),
    );
    expect(Object.keys(verifierHeaders(envelope))).to.have.members([
      'authorization',
      'host',
      'capability-invocation',
    ]);
  });

  it('reads a well-formed POST, with either spelling of the digest', () => {
    const hex = BODY_DIGEST.toString('hex');
    expect(read(post()).bodyDigest).to.equal(hex);
    expect(read(post([], {digest: `SHA-256=${BODY_DIGEST.toString('base64')}`})).bodyDigest).to.equal(hex);
  });

  it('splits the query from the resource', () => {
    const envelope = read(get({}, {target: '/kms/keystores?controller=did:key:z6Mk&limit=3'}));
    expect(envelope.resource).to.equal(`https://${HOST}/kms/keystores`);
    expect(envelope.url).to.equal(`https://${HOST}/kms/keystores?controller=did:key:z6Mk&limit=3`);
  });

  it('tells usual signatures, of which one that was judged stands for all, from others', () => {
    expect(read(get()).isUsual).to.equal(true);
    expect(read(post()).isUsual).to.equal(true);
    expect(read(get({headers: `${SIGNED} x-other`}, {extra: ['X-Other', 'a']})).isUsual).to.equal(false);
  });

  describe('R1 refuses', () => {
    const refusals: [string, () => RequestHead, number][] = [
      ['headers over 16 KB', () => get({}, {extra: ['X-Padding', 'x'.repeat(16 * 1024)]}), 431],
      ['two Host lines', () => get({}, {extra: ['Host', HOST]}), 400],
      ['two Authorization lines', () => get({}, {extra: ['authorization', authorization()]}), 400],
      ['two Capability-Invocation lines', () => get({}, {extra: ['CAPABILITY-INVOCATION', 'zcap']}), 400],
      ['two Digest lines', () => post(['Digest', MULTIHASH]), 400],
      ['two Content-Type lines', () => post(['Content-Type', 'application/json']), 400],
      [
        'a content length and a transfer encoding',
        () => post(['Content-Length', '2', 'Transfer-Encoding', 'chunked']),
        400,
      ],
      ['an absolute-form target', () => get({}, {target: `https://${HOST}${KEYSTORE}`}), 400],
      ['an asterisk target', () => get({}, {target: '*'}), 400],
      ['a content encoding', () => post(['Content-Encoding', 'gzip']), 415],
      ['another charset', () => post([], {contentType: 'application/json; charset=iso-8859-1'}), 415],
      ['another content type', () => post([], {contentType: 'text/plain'}), 415],
      ['another method', () => get({}, {method: 'PUT'}), 400],
    ];
    for (const [name, head, status] of refusals) {
      it(name, () => {
        expect(thrownBy(() => read(head())).status).to.equal(status);
      });
    }

    it('and accepts their twins', () => {
      read(get({}, {extra: ['X-Padding', 'x'.repeat(8 * 1024)]}));
      read(post(['Content-Length', '2']));
      read(post(['Transfer-Encoding', 'chunked']));
      read(post([], {contentType: 'application/json; charset=utf-8'}));
      read(post([], {contentType: 'application/ld+json'}));
    });
  });

  describe('R2, R3, R10 refuse an Authorization header', () => {
    const wellFormed = authorization();
    const malformed: [string, string][] = [
      ['of another scheme', wellFormed.replace('Signature ', 'Bearer ')],
      ['with a parameter twice', `${wellFormed},expires="${NOW + 600}"`],
      ['with an unknown parameter', `${wellFormed},algorithm="hs2019"`],
      ['that is unterminated', wellFormed.slice(0, -1)],
      ['that ends in a comma', `${wellFormed},`],
      ['with white space between parameters', wellFormed.replace('",', '", ')],
      ['without keyId', wellFormed.replace(/keyId="[^"]*",/, '')],
      ['with an empty keyId', authorization({keyId: ''})],
      ['with a keyId that is too long', authorization({keyId: `did:key:${'z'.repeat(2100)}`})],
      ['without headers', wellFormed.replace(/headers="[^"]*",/, '')],
      ['with headers twice', authorization({headers: `${SIGNED} host`})],
      ['with upper-case headers', authorization({headers: SIGNED.replace('host', 'Host')})],
      ['with a double space in headers', authorization({headers: SIGNED.replace(' host', '  host')})],
      ['without signature', wellFormed.replace(/signature="[^"]*",/, '')],
      ['with a signature of 63 bytes', authorization({signature: Buffer.alloc(63).toString('base64')})],
      ['with a base64url signature', authorization({signature: Buffer.alloc(64, 255).toString('base64url')})],
      ['with an unpadded signature', authorization({signature: SIGNATURE.replaceAll('=', '')})],
      ['with stray bits in the signature', authorization({signature: SIGNATURE.replace(/.==$/, 'x==')})],
      ['without created', wellFormed.replace(/,created="[^"]*"/, '')],
      ['with an empty created', authorization({created: ''})],
      ['with a hexadecimal created', authorization({created: '0x6b49d200'})],
      ['with an exponent in created', authorization({created: '1.8e9'})],
      ['with a leading zero', authorization({created: `0${NOW}`})],
      ['with a signed number', authorization({created: `+${NOW}`})],
      ['without expires', wellFormed.replace(/,expires="[^"]*"/, '')],
      ['with a fraction in expires', authorization({expires: `${NOW + 600}.5`})],
    ];
    for (const [name, value] of malformed) {
      it(name, () => {
        const head = get();
        const rawHeaders = head.rawHeaders.map((text) => (text === authorization() ? value : text));
        const error = thrownBy(() => read({...head, rawHeaders}));
        expect(error.status).to.equal(400);
        expect(error.message).to.match(/"authorization" header is missing or is not/);
      });
    }

    it('that is missing', () => {
      const error = thrownBy(() => read({...get(), rawHeaders: ['Host', HOST]}));
      expect(error.status).to.equal(400);
    });
  });

  describe('R4 refuses a time window', () => {
    const at = (created: number, expires: number): RequestHead =>
      get({created: String(created), expires: String(expires)});

    it('that begins too far in the future', () => {
      read(at(NOW + 300, NOW + 600));
      expectRefusal(() => read(at(NOW + 301, NOW + 601)), 'not-yet-valid');
    });

    it('that has ended', () => {
      read(at(NOW - 900, NOW - 300));
      expectRefusal(() => read(at(NOW - 901, NOW - 301)), 'expired');
    });

    it('that is empty or ends before it begins', () => {
      read(at(NOW, NOW + 1));
      expectRefusal(() => read(at(NOW, NOW)), 'signature-lifetime');
      expectRefusal(() => read(at(NOW, NOW - 1)), 'signature-lifetime');
    });

    it('that is longer than 900 seconds', () => {
      read(at(NOW, NOW + 900));
      expectRefusal(() => read(at(NOW, NOW + 901)), 'signature-lifetime');
    });
  });

  describe('R5 refuses a signature that does not cover', () => {
    for (const name of SIGNED.split(' ')) {
      it(name, () => {
        const headers = SIGNED.split(' ')
          .filter((other) => other !== name)
          .join(' ');
        expectRefusal(() => read(get({headers})), 'unsigned-header');
      });
    }

    for (const name of ['content-type', 'digest']) {
      it(`${name}, with a body`, () => {
        const headers = `${SIGNED} content-type digest`.replace(` ${name}`, '');
        expectRefusal(() => read(post([], {headers})), 'unsigned-header');
      });
    }

    it('the type of a body that has none', () => {
      expectRefusal(
        () => read({...get({}, {extra: ['Content-Length', '2']}), method: 'POST'}),
        'unsigned-header',
      );
    });

    it('a header that is not there', () => {
      expect(thrownBy(() => read(get({headers: `${SIGNED} x-absent`}))).status).to.equal(400);
      read(get({headers: `${SIGNED} x-present`}, {extra: ['X-Present', 'a']}));
    });

    it('one line of a header that was given twice', () => {
      const headers = `${SIGNED} x-twice`;
      const twice = get({headers}, {extra: ['X-Twice', 'a', 'X-Twice', 'b']});
      expect(thrownBy(() => read(twice)).message).to.match(/given twice/);
      read(get({headers}, {extra: ['X-Twice', 'a']}));
      read(get({}, {extra: ['X-Twice', 'a', 'X-Twice', 'b']}));
    });

    it('headers that are no parameters of the signature', () => {
      for (const name of ['expires', 'created', 'keyid', 'algorithm']) {
        const head = get({headers: `${SIGNED} ${name}`}, {extra: [name, 'Sat, 01 Jan 2050 00:00:00 GMT']});
        expect(thrownBy(() => read(head)).message, name).to.match(/name of a signature parameter/);
      }
    });

    it('a header in printable ASCII', () => {
      expect(
        thrownBy(() => read(get({headers: `${SIGNED} x-name`}, {extra: ['X-Name', 'ü']}))).status,
      ).to.equal(400);
      read(get({headers: `${SIGNED} x-name`}, {extra: ['X-Name', 'u']}));
    });
  });

  it('R7 refuses another host, whatever its spelling', () => {
    for (const host of [
      'evil.example',
      'KMS.example:9443',
      'kms.example',
      'kms.example.:9443',
      `${HOST},evil`,
      '',
    ]) {
      expectRefusal(() => read(get({}, {host})), 'host');
    }
    read(get({}, {extra: ['X-Forwarded-Host', 'evil.example', 'X-HTTP-Method-Override', 'DELETE']}));
  });

  it('R8 refuses a digest header that is not exactly one SHA-256', () => {
    const digests = [
      '',
      'mh=u',
      MULTIHASH.slice(0, -1),
      `${MULTIHASH}=`,
      `${MULTIHASH},${MULTIHASH}`,
      `MD5=${'A'.repeat(22)}==`,
      'SHA-256=AAAA',
      `SHA-256=${BODY_DIGEST.toString('base64url')}`,
      MULTIHASH.replace('mh=uEi', 'mh=uEy'),
      // Bits that stand for nothing are zero.
      MULTIHASH.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
      `SHA-256=${BODY_DIGEST.toString('base64')}`.replace(
        /.=$/,
        (last) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=`,
      ),
      ` ${MULTIHASH}`,
    ];
    for (const digest of digests) {
      expect(thrownBy(() => read(post([], {digest}))).message).to.match(/must hold one SHA-256/);
    }
  });

  describe('refuses a stated date that has passed', () => {
    const past = new Date((NOW - 301) * 1000).toUTCString();
    const present = new Date((NOW - 299) * 1000).toUTCString();

    it('in Expires, X-Date and a signed Date', () => {
      for (const name of ['Expires', 'X-Date']) {
        expectRefusal(() => read(get({}, {extra: [name, past]})), 'expired');
        read(get({}, {extra: [name, present]}));
      }
      expectRefusal(() => read(get({headers: `${SIGNED} date`}, {extra: ['Date', past]})), 'expired');
      read(get({headers: `${SIGNED} date`}, {extra: ['Date', present]}));
    });

    it('however another header is left empty or given twice', () => {
      const signed = {headers: `${SIGNED} date`};
      const cases: [Parameters, string, string, string][] = [
        [{}, 'Expires', 'X-Date', ''],
        [signed, 'Expires', 'Date', ''],
        [signed, 'X-Date', 'Date', ''],
      ];
      for (const [parameters, empty, dated] of cases) {
        expectRefusal(() => read(get(parameters, {extra: [empty, '', dated, past]})), 'expired');
        read(get(parameters, {extra: [empty, '', dated, present]}));
      }
      const twice = get({}, {extra: ['Expires', present, 'Expires', past]});
      expect(thrownBy(() => read(twice)).message).to.match(/must be given once/);
    });

    it('but not in a Date that nobody signed, which any proxy may have written', () => {
      read(get({}, {extra: ['Date', past]}));
    });
  });

  describe('R31, R32 refuse a target that is not canonical', () => {
    const targets = [
      `${KEYSTORE}/`,
      `${KEYSTORE}//keys`,
      `${KEYSTORE}/../x`,
      `${KEYSTORE}/./keys`,
      `${KEYSTORE}/%2e%2e/x`,
      `${KEYSTORE}%2Fkeys`,
      `${KEYSTORE}%5Ckeys`,
      `${KEYSTORE}\\keys`,
      `${KEYSTORE}#fragment`,
      `${KEYSTORE}/keys/ü`,
      `${KEYSTORE}/keys/\u0000`,
      `${KEYSTORE}?`,
      '/kms/keystores?controller=a&controller=b',
      '/kms/keystores?controller=a&%63ontroller=b',
      '/kms/keystores?controller=a&&limit=1',
      '/kms/keystores?=a',
      '/kms/keystores?controller=%',
      '/kms/keystores?%zz=a',
      "/kms/keystores?controller='",
      `${KEYSTORE}/zcaps/revocations/urn:zcap:x`,
      `${KEYSTORE}/zcaps/revocations/urn%3azcap%3ax`,
      `${KEYSTORE}/zcaps/revocations/%zz`,
      `${KEYSTORE}/zcaps/revocations/..`,
      `${KEYSTORE}/zcaps/revocations/urn%3Azcap%3Ax?a=b`,
      `/kms/%6beystores/x/zcaps/revocations/urn%3Azcap%3Ax`,
      '',
      'kms',
    ];
    for (const target of targets) {
      it(JSON.stringify(target), () => {
        expect(thrownBy(() => read(get({}, {target}))).message).to.match(/not canonical/);
      });
    }

    it('and accept their twins', () => {
      for (const target of [
        KEYSTORE,
        '/kms/keystores?controller=did%3Akey%3Az6Mk&limit=1',
        `${KEYSTORE}/zcaps/revocations/urn%3Azcap%3Ax`,
        `${KEYSTORE}/zcaps/revocations/urn%3Ait's%2F..%2F%C3%BC`,
      ]) {
        expect(read(get({}, {target})).url).to.equal(`https://${HOST}${target}`);
      }
    });
  });

  it('never throws anything but its own errors, whatever the header text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({unit: 'binary'}), {maxLength: 12}),
        fc.string({unit: 'binary'}),
        (rawHeaders, target) => {
          thrownBy(() => read({...get(), rawHeaders, target}));
        },
      ),
    );
  });
});
