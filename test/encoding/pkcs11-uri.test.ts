import {expect} from 'chai';
import fc from 'fast-check';
import {formatPkcs11Uri, parsePkcs11Uri} from '../../lib/encoding/pkcs11-uri.ts';

const normal = (text: string): string => formatPkcs11Uri(parsePkcs11Uri(text));

describe('PKCS #11 URIs', () => {
  it('reads what names a key, its token, its library and its PIN', () => {
    expect(
      parsePkcs11Uri(
        'pkcs11:token=My%20token;manufacturer=ACME%20Ltd;serial=0123456789abcdef;model=v1;object=a%3Bb;id=%01%ff;type=secret-key' +
          '?module-path=/usr/lib/libsofthsm2.so&pin-source=file:/run/secrets/pin',
      ),
    ).to.deep.equal({
      token: 'My token',
      manufacturer: 'ACME Ltd',
      serial: '0123456789abcdef',
      model: 'v1',
      object: 'a;b',
      id: Uint8Array.of(1, 255),
      modulePath: '/usr/lib/libsofthsm2.so',
      pinSource: '/run/secrets/pin',
    });
    expect(parsePkcs11Uri('pkcs11:object=root')).to.deep.equal({object: 'root'});
    expect(parsePkcs11Uri('pkcs11:id=ab')).to.deep.equal({id: Uint8Array.of(0x61, 0x62)});
  });

  it('has one spelling of each', () => {
    const one =
      'pkcs11:token=a%20b;object=root%2Akey;type=secret-key?module-path=/lib/x.so&pin-source=file:/p%26q';
    for (const same of [
      one,
      'pkcs11:object=root*key;token=a%20b?pin-source=file:/p%26q&module-path=/lib/x.so',
      'pkcs11:type=secret-key;object=%72oot%2a%6bey;token=a%20%62?pin-source=file%3A///p%26q&module-path=%2flib/x.so',
    ])
      expect(normal(same)).to.equal(one);
    expect(normal('pkcs11:id=%0a%FF')).to.equal('pkcs11:id=%0A%FF;type=secret-key');
  });

  it('formats what it reads to the same', () => {
    const text = (maxLength: number) =>
      fc
        .string({unit: 'binary', minLength: 1, maxLength})
        .filter((value) => Buffer.byteLength(value) <= maxLength && !/\p{Cc}|\p{Cs}| $/u.test(value));
    const path = text(200).map((name) => `/${name.replace(/^\/+/, 'x')}`);
    const uri = fc.record(
      {
        ...{token: text(32), manufacturer: text(32), serial: text(16), model: text(16)},
        object: text(200),
        id: fc.uint8Array({minLength: 1, maxLength: 40}),
        ...{modulePath: path, pinSource: path},
      },
      {requiredKeys: ['object']},
    );
    fc.assert(
      fc.property(uri, (value) => {
        const formatted = formatPkcs11Uri(value);
        expect(parsePkcs11Uri(formatted)).to.deep.equal(value);
        expect(formatted).to.match(/^[\x21-\x7e]+$/);
      }),
    );
  });

  it('takes no PIN, and does not repeat it', () => {
    for (const secret of [
      'pkcs11:object=a?pin-value=4711',
      'pkcs11:object=a;pin-value=4711',
      'pkcs11:pin-value=4711',
    ])
      expect(() => parsePkcs11Uri(secret))
        .to.throw(/must not hold a PIN.*pin-source/)
        .and.not.match(/4711/);
  });

  it('refuses all else', () => {
    for (const [bad, why] of [
      ['pkcs11:', 'must be pkcs11:'],
      ['PKCS11:object=a', 'must be pkcs11:'],
      ['pkcs11:token=a', 'must name a key'],
      ['pkcs11:object=', 'must be pkcs11:'],
      ['pkcs11:object', 'must be pkcs11:'],
      ['pkcs11:object=a;', 'must be pkcs11:'],
      ['pkcs11:object=a?', 'must be pkcs11:'],
      ['pkcs11:object=a;object=a', 'must not have object twice'],
      ['pkcs11:object=a;type=private', 'must have type=secret-key'],
      ['pkcs11:object=a;slot-id=1', 'must be pkcs11:'],
      ['pkcs11:object=a;constructor=1', 'must be pkcs11:'],
      ['pkcs11:object=a b', 'must be pkcs11:'],
      ['pkcs11:object=a%2', 'must be pkcs11:'],
      ['pkcs11:object=a%zz', 'must be pkcs11:'],
      ['pkcs11:object=ä', 'must be pkcs11:'],
      ['pkcs11:object=%ff', 'must have a text as object'],
      ['pkcs11:object=a%00', 'must have a text as object'],
      ['pkcs11:object=a%20', 'must have a text as object'],
      [`pkcs11:object=a;token=${'x'.repeat(33)}`, 'must have a text as token of at most 32 bytes'],
      [`pkcs11:object=a;serial=${'x'.repeat(17)}`, 'must have a text as serial of at most 16 bytes'],
      [`pkcs11:id=${'x'.repeat(256)}`, 'must have an id of at most'],
      [`pkcs11:object=a?module-path=/${'x'.repeat(2048)}`, 'must be pkcs11:'],
      ['pkcs11:object=a?module-path=lib.so', 'must have an absolute path as module-path'],
      ['pkcs11:object=a?module-name=softhsm2', 'must be pkcs11:'],
      ['pkcs11:object=a?pin-source=pin', 'must have pin-source=file:'],
      ['pkcs11:object=a?pin-source=file:pin', 'must have an absolute path as pin-source'],
      ['pkcs11:object=a?pin-source=file://host/pin', 'must have an absolute path as pin-source'],
      ['pkcs11:object=a?pin-source=|cat', 'must have pin-source=file:'],
      ['pkcs11:object=a?object=b', 'must be pkcs11:'],
    ] as const)
      expect(() => parsePkcs11Uri(bad), bad).to.throw(why);
    expect(parsePkcs11Uri(`pkcs11:object=a;token=${'x'.repeat(32)}`).token).to.have.length(32);
  });
});
