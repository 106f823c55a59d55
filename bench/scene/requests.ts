import {randomBytes, randomUUID} from 'node:crypto';
import {
  rootCapabilityId,
  signedRequest,
  withoutHeader,
  type SignedRequestOptions,
  type WireRequest,
} from '../../test/support/signed-request.ts';
import {at} from '../support/at.ts';
import {OWNER} from './parties.ts';
import {AES, ED25519, HMAC, type Grant, type Scene} from './scene.ts';
import {unsigned} from './unsigned.ts';

/** Makes requests that differ from each other, and from all that were made before. */
export type MakeRequests = (scene: Scene, count: number) => Promise<readonly WireRequest[]>;

type Overrides = Pick<SignedRequestOptions, 'overrides'>;

/** What a credential's issuer has signed: two SHA-256 hashes. */
const verifyData = (): string => randomBytes(64).toString('base64url');

const signOperation = (key: string): object => ({
  type: 'SignOperation',
  invocationTarget: key,
  verifyData: verifyData(),
});

const onKeys =
  (type: string, make: (key: string, index: number) => WireRequest): MakeRequests =>
  async (scene, count) => {
    const keys = await scene.keys(type);
    return Array.from({length: count}, (_, index) => make(at(keys, index % keys.length), index));
  };

const signing = (key: string, rest: Overrides = {}): WireRequest =>
  signedRequest({url: key, json: signOperation(key), action: 'sign', signer: OWNER, ...rest});

/** A signature by a delegated capability. */
export const invoking = ({capability, invoker, key}: Grant, rest: Overrides = {}): WireRequest =>
  signedRequest({
    ...{url: key, json: signOperation(key), action: 'sign', capability, signer: invoker},
    ...rest,
  });

const seconds = (ahead: number): string => String(Math.floor(Date.now() / 1000) + ahead);

export const signByRoot: MakeRequests = onKeys(ED25519, (key) => signing(key));

export const signByHmac: MakeRequests = onKeys(HMAC, (key) => signing(key));

/** By capabilities that were invoked before. */
export const signByDelegation =
  (delegations: number, rest: Overrides = {}): MakeRequests =>
  async (scene, count) => {
    const grants = await scene.grants(delegations);
    return Array.from({length: count}, (_, index) => invoking(at(grants, index % grants.length), rest));
  };

/** By capabilities of which no link was ever seen. */
export const signByNewDelegation =
  (delegations: number): MakeRequests =>
  async (scene, count) =>
    (await scene.newGrants(delegations, count)).map((grant) => invoking(grant));

export const getKey: MakeRequests = onKeys(ED25519, (url) =>
  signedRequest({
    ...{url, action: 'read', signer: OWNER, method: 'GET'},
    // Two that are made within a second would be the same.
    overrides: ({headers}) => ({headers: [...headers, ['x-request-id', randomUUID()]]}),
  }),
);

export const encrypt: MakeRequests = onKeys(AES, (url) => {
  const json = {type: 'EncryptOperation', invocationTarget: url, plaintext: verifyData()};
  return signedRequest({url, json, action: 'encrypt', signer: OWNER});
});

export const generate: MakeRequests = async (scene, count) =>
  Array.from({length: count}, () => scene.generating(ED25519));

/** The owner revokes delegations that were never used. */
export const revoke: MakeRequests = async (scene, count) =>
  (await scene.newGrants(1, count)).map(({capability}) => {
    const url = `${scene.keystoreId}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
    return signedRequest({
      ...{url, json: capability, action: 'write', signer: OWNER},
      capability: rootCapabilityId(url),
    });
  });

/** No signature at all. */
export const junk: MakeRequests = onKeys(ED25519, (key) => withoutHeader(signing(key), 'authorization'));

export const expired: MakeRequests = onKeys(ED25519, (key) =>
  signing(key, {overrides: {created: seconds(-1200), expires: seconds(-600)}}),
);

export const wrongHost: MakeRequests = onKeys(ED25519, (key) =>
  signing(key, {overrides: {host: 'other.example'}}),
);

/** The body is another than the one whose digest was signed. */
export const wrongDigest: MakeRequests = onKeys(ED25519, (key) => ({
  ...signing(key),
  body: Buffer.from(JSON.stringify(signOperation(key))),
}));

/** Ten links, the most there may be, in a request whose own signature is wrong. */
export const wrongSignature: MakeRequests = signByDelegation(9, {
  overrides: {mangleSignature: (signature) => signature.map((byte, index) => (index === 40 ? ~byte : byte))},
});

/** Ten links that nobody has signed, in a request that its sender has; each seen for the first time. */
export const unsignedChain: MakeRequests = async (scene, count) =>
  (await scene.unsignedGrants(9, count)).map((grant) => invoking(grant));

/** Ten links of which the last is signed by somebody else than its delegator; the others are known. */
export const forgedChain: MakeRequests = async (scene, count) => {
  const grants = await scene.grants(8);
  return Array.from({length: count}, (_, index) => {
    const {capability: parent, invoker: delegator, key} = at(grants, index % grants.length);
    const capability = unsigned({parent, delegator, controller: OWNER});
    return invoking({capability, invoker: OWNER, key});
  });
};
