import {NotAllowedError} from '../errors.ts';
import {parseStrictJson} from '../encoding/strict-json.ts';
import type {IpcClient} from '../admin/ipc-client.ts';
import {assertAttenuation, isWithinTarget} from '../zcap/attenuation.ts';
import {parseCapabilityChain, type CapabilityChain, type CapabilityLink} from '../zcap/capability-chain.ts';
import {assertChainTime} from '../zcap/chain-time.ts';
import type {Judge} from '../zcap/judge.ts';
import {MAX_CAPABILITY_BYTES, MAX_CAPABILITY_DEPTH} from '../zcap/limits.ts';
import {rootCapabilityId} from '../zcap/root-capability.ts';

/** What a build may do, as who builds it has signed. */
export interface BuildManifest {
  readonly id: string;
  /** Which revocations end it: those of the keystore, as of any capability. */
  readonly revocations: CapabilityChain['revocations'];
  /** @throws NotAllowedError where it is not for that, or not any more. @param now milliseconds since the epoch */
  assertAllows(asked: {readonly action: string; readonly url: string}, now: number): void;
}

export interface BuildManifestOptions {
  readonly judge: Pick<Judge, 'assertDelegation'>;
  readonly maxDelegationTtlMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Judges the capability that a client presents: delegated from the keystore's root by the client's build key, right to the client.
 * @param bytes JSON
 * @throws NotAllowedError, MalformedRequestError
 */
export async function judgeBuildManifest(
  bytes: Uint8Array,
  {buildKey, keystoreId, did, revokedBuilds = []}: IpcClient & {readonly buildKey: string},
  {judge, maxDelegationTtlMs, now}: BuildManifestOptions,
): Promise<BuildManifest> {
  if (bytes.length > MAX_CAPABILITY_BYTES) throw refused('It is too large.');
  const document = parseStrictJson(bytes, {maxDepth: MAX_CAPABILITY_DEPTH});
  const chain = parseCapabilityChain(document);
  assertAttenuation(chain, {maxDelegationTtlMs});
  const {tail, links, rootId} = chain;
  if (links.length !== 1) throw refused('It must be delegated by the build key itself.');
  if (rootId !== rootCapabilityId(keystoreId) || !isWithinTarget(tail.invocationTarget, keystoreId))
    throw refused('It is for another keystore.');
  if (tail.proof.delegator !== buildKey) throw refused('It is not of the build key.');
  if (tail.controllers.length !== 1 || tail.controllers[0] !== did)
    throw refused('It is for another client.');
  if (revokedBuilds.includes(tail.id)) throw refused('The build is revoked.');
  const assertTime = (ms: number): void => {
    const seconds = Math.floor(ms / 1000);
    assertChainTime(chain, {now: seconds, invoked: seconds});
  };
  assertTime(now());
  const root = {invocationTarget: keystoreId, controllers: [buildKey], delegable: true};
  await judge.assertDelegation(
    {document: document as Readonly<Record<string, unknown>>, root, requester: did},
    Math.floor(now() / 1000),
  );
  return {
    id: tail.id,
    revocations: chain.revocations,
    assertAllows: ({action, url}, ms) => {
      assertTime(ms);
      assertCovers(tail, {action, url});
    },
  };
}

function assertCovers(
  {allowedActions, invocationTarget}: CapabilityLink,
  {action, url}: {readonly action: string; readonly url: string},
): void {
  if (allowedActions && !allowedActions.has(action)) throw refused('It does not allow that action.');
  if (!isWithinTarget(url, invocationTarget)) throw refused('It does not allow that target.');
}

function refused(message: string): NotAllowedError {
  return new NotAllowedError('build-manifest', `Manifest of the build: ${message}`);
}
