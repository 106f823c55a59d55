import * as requests from '../scene/requests.ts';
import type {Row} from './row.ts';

const SIGN = {verifications: 1, work: 'sign'} as const;
const VERIFY = {verifications: 1, work: 'none', method: 'GET'} as const;
const delegated = (count: number): string => `${count} delegation${count === 1 ? '' : 's'}`;

const warm = (delegations: number): Row => ({
  name: `sign-${delegations}`,
  title: `sign, ${delegated(delegations)}, warm`,
  limit: SIGN,
  make: requests.signByDelegation(delegations),
});

/** The reference remembers nothing: what was seen and what was not are the same to it. */
const cold = (delegations: number, most: number): Row => ({
  name: `sign-${delegations}-cold`,
  title: `sign, ${delegated(delegations)}, cold`,
  limit: {verifications: 1 + delegations, work: 'sign'},
  make: requests.signByNewDelegation(delegations),
  makeForReference: requests.signByDelegation(delegations),
  most,
});

const refused = (name: string, title: string, make: requests.MakeRequests): Row => ({
  ...{name, title: `refused: ${title}`, limit: SIGN, make, isRefused: true},
});

/** Every kind of request that is measured. Each request of a row differs from all others. */
export const ROWS: readonly Row[] = [
  {name: 'sign-root', title: 'sign, root capability', limit: SIGN, make: requests.signByRoot},
  warm(1),
  warm(3),
  warm(9),
  cold(1, 600),
  cold(3, 250),
  cold(9, 60),
  {name: 'get-key', title: 'get key description', limit: VERIFY, make: requests.getKey},
  {
    ...{name: 'hmac', title: 'sign, HMAC'},
    limit: {verifications: 1, work: 'hmac'},
    make: requests.signByHmac,
  },
  {
    ...{name: 'encrypt', title: 'encrypt, AES-256-GCM'},
    limit: {verifications: 1, work: 'encrypt'},
    make: requests.encrypt,
    makeForReference: null,
  },
  {
    ...{name: 'generate', title: 'generate key, durable'},
    limit: {verifications: 1, work: 'generate'},
    make: requests.generate,
  },
  {
    ...{name: 'revoke', title: 'revoke, durable'},
    limit: {verifications: 2, work: 'none'},
    make: requests.revoke,
    most: 300,
  },
  refused('junk', 'no signature', requests.junk),
  refused('expired', 'expired', requests.expired),
  refused('wrong-host', 'wrong host', requests.wrongHost),
  refused('wrong-digest', 'wrong digest', requests.wrongDigest),
  refused('chain-wrong-signature', 'ten links, request not signed', requests.wrongSignature),
  refused('chain-unsigned', 'ten links, none signed', requests.unsignedChain),
  refused('chain-forged', 'ten links, the last forged', requests.forgedChain),
];

/** @throws RangeError */
export function rowNamed(name: string): Row {
  const row = ROWS.find((each) => each.name === name);
  if (!row) throw new RangeError(`There is no row ${name}.`);
  return row;
}
