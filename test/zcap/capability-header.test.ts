import {gzipSync} from 'node:zlib';
import {expect} from 'chai';
import {decodeCapability, parseCapabilityHeader} from '../../lib/zcap/capability-header.ts';
import {expectRefusal} from './refusal.ts';

const encode = (json: string | Uint8Array): string => gzipSync(json).toString('base64url');

describe('parseCapabilityHeader', () => {
  it('R13 reads an id or a capability, and one action, in any order', () => {
    expect(parseCapabilityHeader('zcap id="urn:zcap:root:x",action="sign"')).to.deep.equal({
      id: 'urn:zcap:root:x',
      action: 'sign',
    });
    expect(parseCapabilityHeader('zcap action="sign",capability="H4sI"')).to.deep.equal({
      encoded: 'H4sI',
      action: 'sign',
    });
  });

  it('R13 refuses everything else', () => {
    for (const text of [
      '',
      'zcap',
      'zcap ',
      'Zcap id="x",action="sign"',
      'zcap id="x"',
      'zcap action="sign"',
      'zcap id="x",action=""',
      'zcap id="",action="sign"',
      'zcap id="x",capability="y",action="sign"',
      'zcap id="x",capability="",action="sign"',
      'zcap id="x",id="x",action="sign"',
      'zcap id="x",action="sign",action="sign"',
      'zcap id="x",action="sign",other="y"',
      'zcap id="x", action="sign"',
      'zcap id="x",action="sign',
      'zcap id=x,action="sign"',
      'zcap id="x"action="sign"',
    ]) {
      expectRefusal(() => parseCapabilityHeader(text), 'capability-encoding');
    }
  });
});

describe('decodeCapability', () => {
  it('R15 reads base64url of gzip of JSON', () => {
    expect(decodeCapability(encode('{"a":[1]}'))).to.deep.equal({document: {a: [1]}, bytes: 9});
  });

  it('R15 refuses sloppy encodings, bombs and sloppy JSON', () => {
    const good = encode('{"a":1}');
    for (const encoded of [
      `${good}=`,
      `${good} `,
      good.slice(0, -4),
      Buffer.from('{"a":1}').toString('base64url'),
      encode(''),
      encode('{'),
      encode('{"a":1,"a":2}'),
      encode('{"__proto__":{}}'),
      encode(Buffer.from([0x22, 0xff, 0x22])),
      encode('"\\ud800"'),
      encode('['.repeat(33) + ']'.repeat(33)),
      encode(`"${'x'.repeat(64 * 1024)}"`),
    ]) {
      expectRefusal(() => decodeCapability(encoded), 'capability-encoding');
    }
    decodeCapability(encode('['.repeat(32) + ']'.repeat(32)));
    decodeCapability(encode(`"${'x'.repeat(64 * 1024 - 2)}"`));
  });
});
