import {expect} from 'chai';
import {SourceAddressError} from '../../lib/errors.ts';
import {assertSourceAddress} from '../../lib/zcap/source-address.ts';

describe('assertSourceAddress (R49)', () => {
  const refused = (address: string, list: string[]): void => {
    expect(() => assertSourceAddress(address, list)).to.throw(
      SourceAddressError,
      'Permission denied. Source IP is not allowed.',
    );
  };

  it('lets everybody in where there is no list, and nobody where it is empty', () => {
    assertSourceAddress('203.0.113.9', undefined);
    refused('203.0.113.9', []);
  });

  it('matches IPv4 and IPv6 ranges, and IPv4 written as IPv6', () => {
    assertSourceAddress('203.0.113.9', ['198.51.100.0/24', '203.0.113.0/24']);
    assertSourceAddress('::ffff:203.0.113.9', ['203.0.113.9/32']);
    assertSourceAddress('2001:db8::1', ['2001:db8::/32']);
    refused('203.0.114.9', ['203.0.113.0/24']);
    refused('2001:db9::1', ['2001:db8::/32']);
    refused('203.0.113.9', ['::/0']);
    refused('2001:db8::1', ['0.0.0.0/0']);
  });

  it('takes what it cannot read for a refusal', () => {
    refused('', ['0.0.0.0/0']);
    refused('localhost', ['0.0.0.0/0']);
    refused('203.0.113.9', ['203.0.113.9', 'anything']);
  });
});
