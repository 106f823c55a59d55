import {expect} from 'chai';
import fc from 'fast-check';
import {canonicalAddress, createClientAddressReader} from '../../lib/http/client-address.ts';

const PROXY = '10.0.0.1';

describe('R49 client address', () => {
  const read = createClientAddressReader(['10.0.0.0/8', 'fd00::/8']);

  it("is the socket's where that is no trusted proxy, whatever the client writes", () => {
    for (const trusted of [[], ['10.0.0.0/8']]) {
      const {address, malformed} = createClientAddressReader(trusted)('203.0.113.9', ['198.51.100.1']);
      expect({address, malformed}).to.deep.equal({address: '203.0.113.9', malformed: false});
    }
  });

  it("is the socket's where a trusted proxy forwarded nothing", () => {
    expect(read(PROXY, [])).to.deep.equal({address: PROXY, malformed: false});
  });

  const FORWARDED: readonly [title: string, lines: readonly string[], address: string][] = [
    ['one address', ['198.51.100.1'], '198.51.100.1'],
    ['what the client wrote before it', ['192.0.2.1, 198.51.100.1'], '198.51.100.1'],
    ['a trusted address that the client wrote', ['10.9.9.9, 198.51.100.1'], '198.51.100.1'],
    ['junk that the client wrote', ["'; drop table, 198.51.100.1"], '198.51.100.1'],
    ['a second trusted proxy', ['198.51.100.1, 10.0.0.2'], '198.51.100.1'],
    ['several lines', ['192.0.2.1', '198.51.100.1,10.0.0.2'], '198.51.100.1'],
    ['only trusted proxies', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['an address with a port', ['198.51.100.1:55555'], '198.51.100.1'],
    ['IPv6', ['2001:DB8:0::1'], '2001:db8::1'],
    ['IPv6 in brackets with a port', ['[2001:db8::1]:55555'], '2001:db8::1'],
    ['IPv4 mapped into IPv6', ['::ffff:198.51.100.1'], '198.51.100.1'],
  ];
  for (const [title, lines, address] of FORWARDED) {
    it(`is the last that is not trusted: ${title}`, () => {
      expect(read(PROXY, lines)).to.deep.equal({address, malformed: false});
      expect(read('::ffff:10.0.0.1', lines)).to.deep.equal({address, malformed: false});
      expect(read('fd00::1', lines)).to.deep.equal({address, malformed: false});
    });
  }

  for (const hop of [
    '',
    'unknown',
    '_hidden',
    '198.51.100',
    '0x7f.1',
    '010.0.0.1',
    '1.2.3.4/8',
    '[1.2.3.4]:x',
    '::g',
  ]) {
    it(`cannot be told where the proxy forwarded ${JSON.stringify(hop)}`, () => {
      expect(read(PROXY, [`192.0.2.1, ${hop}`])).to.deep.equal({address: PROXY, malformed: true});
    });
  }

  it('has one spelling', () => {
    const spelled = ['::ffff:7f00:1', '::FFFF:127.0.0.1', '127.0.0.1'].map(canonicalAddress);
    expect(spelled).to.deep.equal(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(canonicalAddress('FE80:0:0:0:0:0:0:1%eth0')).to.equal('fe80::1');
    expect(canonicalAddress('localhost')).to.equal(undefined);
  });

  it('never is anything but an address, and never what stands left of the client', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), {maxLength: 5}), (written) => {
        const {address, malformed} = read(PROXY, [...written, '198.51.100.1']);
        expect({address, malformed}).to.deep.equal({address: '198.51.100.1', malformed: false});
      }),
    );
  });
});
