import {expect} from 'chai';
import {isPublicAddress} from '../../../lib/zcap/did/public-address.ts';

describe('public addresses', () => {
  const refused: Readonly<Record<string, readonly string[]>> = {
    'this network': ['0.0.0.0', '0.1.2.3'],
    private: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
    shared: ['100.64.0.1', '100.127.255.255'],
    loopback: ['127.0.0.1', '127.255.255.254', '::1'],
    'link-local': ['169.254.0.1', '169.254.169.254', 'fe80::1', 'febf::1', 'fe80::1%eth0'],
    'protocol assignments': ['192.0.0.1', '192.0.0.170', '2001:1::1'],
    documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
    'relays and sinks': [
      '192.88.99.1',
      '192.31.196.1',
      '192.52.193.1',
      '192.175.48.1',
      '2001:4:112::1',
      '2620:4f:8000::1',
    ],
    multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
    reserved: ['240.0.0.1', '255.255.255.254', '4000::1', '8000::1', 'e000::1'],
    broadcast: ['255.255.255.255'],
    unspecified: ['::'],
    'unique local': ['fc00::1', 'fd12:3456:789a::1'],
    'site-local': ['fec0::1'],
    discard: ['100::1'],
    'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1'],
    'IPv4-compatible': ['::127.0.0.1', '::8.8.8.8'],
    'IPv4-translated': ['::ffff:0:127.0.0.1'],
    NAT64: ['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
    '6to4': ['2002:7f00:1::1', '2002:a00:1::1', '2002:808:808::1'],
    Teredo: ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ORCHID: ['2001:10::1', '2001:20::1'],
    'segment routing': ['5f00::1'],
    'not an address': [
      '',
      'localhost',
      '8.8.8.8.',
      '8.8.8',
      '010.8.8.8',
      '0x8.8.8.8',
      '134744072',
      ' 8.8.8.8',
      '[2606:4700::1]',
      '8.8.8.8/32',
    ],
  };
  for (const [what, addresses] of Object.entries(refused)) {
    it(`R51 refuses ${what}`, () => {
      for (const address of addresses) expect(isPublicAddress(address), address).to.equal(false);
    });
  }

  it('R51 allows the neighbours of those, and well-known public addresses', () => {
    const allowed = [
      '1.1.1.1',
      '8.8.8.8',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '191.255.255.255',
      '192.0.1.0',
      '192.0.3.0',
      '192.167.255.255',
      '192.169.0.0',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '2606:4700:4700::1111',
      '2001:4860:4860::8888',
      '2a00::1',
      '2003::1',
    ];
    for (const address of allowed) expect(isPublicAddress(address), address).to.equal(true);
  });
});
