import {BlockList, isIP} from 'node:net';
import type {Request} from 'express4';
import {HttpError} from './http-error.ts';
import type {ReferenceKeystore} from './state.ts';

/**
 * The check of `ipAllowList` as the reference server has it: any address will do, the socket's or one that the client
 * wrote into `X-Forwarded-For`.
 */
export function assertSourceAddress(req: Request, {ipAllowList}: ReferenceKeystore): void {
  if (!ipAllowList) return;
  const allowed = new BlockList();
  for (const range of ipAllowList) {
    const [network = '', prefix = '32'] = range.split('/');
    allowed.addSubnet(network, Number(prefix), family(network));
  }
  const addresses = [
    req.socket.remoteAddress ?? '',
    ...(req.get('x-forwarded-for') ?? '').split(',').map((part) => part.trim()),
  ];
  if (!addresses.some((address) => isIP(address) !== 0 && allowed.check(address, family(address)))) {
    throw new HttpError(403, 'NotAllowedError', 'The source address is not allowed.');
  }
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
