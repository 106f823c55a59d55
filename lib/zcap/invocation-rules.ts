import {NotAllowedError} from '../errors.ts';
import {delegatorRefused, isDelegatedBy, isWithinTarget} from './attenuation.ts';
import {assertChainTime} from './chain-time.ts';
import type {VerificationMethod} from './did/verification-method.ts';
import type {Envelope} from './envelope.ts';
import type {ExpectedRoot} from './invocation.ts';
import type {PresentedCapability} from './presented-capability.ts';
import {rootCapabilityId} from './root-capability.ts';

export interface RulesContext {
  readonly envelope: Envelope;
  readonly method: VerificationMethod;
  readonly presented: PresentedCapability;
  /** Unix seconds. */
  readonly now: number;
}

export interface Expectation {
  readonly action: string;
  readonly roots: readonly ExpectedRoot[];
  readonly alsoBy?: ReadonlySet<string> | undefined;
}

/**
 * Checks what depends on this request, on time and on the root's present controllers; so on every request, whatever
 * was verified before (R14, R29, R31, R34, R36).
 * @returns the root that the chain begins at, and the action to judge it by.
 * @throws NotAllowedError
 */
export function assertInvocationRules(
  {envelope, method, presented, now}: RulesContext,
  {action, roots, alsoBy}: Expectation,
): {readonly root: ExpectedRoot; readonly judgedAction: string} {
  const {chain} = presented;
  if (presented.action !== action) {
    throw refused('action', `The capability action does not match the expected action of "${action}".`);
  }
  const rootId = chain ? chain.rootId : presented.id;
  const root = roots.find(({invocationTarget}) => rootCapabilityId(invocationTarget) === rootId);
  if (!root) throw refused('root', 'Actual root capability does not match expected root capability.');
  if (chain && !root.delegable)
    throw refused('not-delegable', 'Only the root capability itself can be invoked here.');
  if (!chain) {
    assertTarget(envelope.url, root.invocationTarget);
    assertInvoker(root.controllers, method);
    return {root, judgedAction: action};
  }
  const {tail, links} = chain;
  const [first = tail] = links;
  if (!isWithinTarget(first.invocationTarget, root.invocationTarget)) {
    throw refused(
      'attenuation',
      'The "invocationTarget" in a delegated capability must not be less restrictive than its parent.',
    );
  }
  assertTarget(envelope.url, tail.invocationTarget);
  const judgedAction = chooseAction(tail.allowedActions, action, alsoBy);
  assertChainTime(chain, {now, invoked: envelope.httpSignature.created});
  if (!isDelegatedBy(first, root.controllers)) throw delegatorRefused();
  assertInvoker(tail.controllers, method);
  return {root, judgedAction};
}

function assertTarget(url: string, capabilityTarget: string): void {
  if (!isWithinTarget(url, capabilityTarget))
    throw refused('target', 'Invocation target does not match capability target.');
}

function assertInvoker(controllers: readonly string[], {id, controller}: VerificationMethod): void {
  if (!controllers.includes(controller) && !controllers.includes(id)) {
    throw refused(
      'invoker',
      'The capability controller does not match the verification method (or its controller) used to invoke.',
    );
  }
}

/** R30, R36: the action, if the capability allows it; or one that is as good. */
function chooseAction(
  allowed: ReadonlySet<string> | undefined,
  action: string,
  alsoBy: ReadonlySet<string> | undefined,
): string {
  if (!allowed || allowed.has(action)) return action;
  const other = alsoBy && [...allowed].find((name) => alsoBy.has(name));
  if (other !== undefined) return other;
  throw refused('action', `Capability action "${action}" is not allowed by the capability.`);
}

function refused(reason: string, message: string): NotAllowedError {
  return new NotAllowedError(reason, message);
}
