import {NotAllowedError} from '../errors.ts';
import {parseXsdDateTime} from '../encoding/xsd-date-time.ts';
import {parseDelegationProof, type ChainedDelegationProof} from './delegation-proof.ts';
import {isRootCapabilityId, ZCAP_CONTEXT_URL} from './root-capability.ts';
import {assertMembers, isRecord} from './shape.ts';

/** One delegated capability, its shape checked; nothing about it is verified yet. */
export interface DelegatedCapability {
  readonly id: string;
  /** DIDs, or DID URLs of verification methods. */
  readonly controllers: readonly string[];
  readonly parentCapability: string;
  readonly invocationTarget: string;
  /** undefined: as its parent allows. */
  readonly allowedActions: ReadonlySet<string> | undefined;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly proof: ChainedDelegationProof;
}

const MEMBERS = [
  '@context',
  'id',
  'controller',
  'parentCapability',
  'invocationTarget',
  'expires',
  'proof',
] as const;
const OPTIONAL_MEMBERS = ['allowedAction'] as const;
/** The context of the signature suite, which a capability must name besides its own (R17). Neither is ever fetched. */
const SUITE_CONTEXT = 'https://w3id.org/security/suites/ed25519-2020/v1';
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;
const MAX_ID_LENGTH = 1024;
const DID_OR_METHOD = /^did:[a-z0-9]+:[A-Za-z0-9._:%-]+(?:#[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+)?$/;
const MAX_CONTROLLERS = 10;
const MAX_DID_LENGTH = 2048;
/** Every action is canonicalised, in the proof of every link below its own: what is many costs seconds. */
const MAX_ACTIONS = 32;
const MAX_ACTION_LENGTH = 128;

/** Checks the shape of one delegated capability (R16–R23). @throws NotAllowedError */
export function parseCapability(value: unknown): DelegatedCapability {
  if (!isRecord(value)) throw refused('A capability must be an object.');
  assertMembers(value, {required: MEMBERS, optional: OPTIONAL_MEMBERS, of: 'capability'});
  assertContext(value['@context']);
  return {
    id: parseCapabilityId(value['id']),
    controllers: parseControllers(value['controller']),
    parentCapability: parseUri(value['parentCapability'], 'parentCapability'),
    invocationTarget: parseTarget(value['invocationTarget']),
    allowedActions: parseAllowedAction(value['allowedAction']),
    expires: parseExpires(value['expires']),
    proof: parseDelegationProof(value['proof']),
  };
}

/** R17. */
function assertContext(context: unknown): void {
  if (!Array.isArray(context)) throw refused('A delegated capability must have an "@context" array.');
  if (context.length !== 2 || context[0] !== ZCAP_CONTEXT_URL || context[1] !== SUITE_CONTEXT)
    throw refused('The "@context" of the capability is not an allowed one.');
}

/** R18. */
function parseCapabilityId(id: unknown): string {
  const uri = parseUri(id, 'id');
  if (isRootCapabilityId(uri))
    throw refused('A delegated capability must not have the id of a root capability.');
  return uri;
}

function parseUri(value: unknown, member: string): string {
  // A parent may be the keystore's root, whose id is longer than its URL by the escapes.
  if (typeof value !== 'string' || value.length > MAX_ID_LENGTH || !ABSOLUTE_URI.test(value)) {
    throw refused(`The "${member}" of the capability must be an absolute URI.`);
  }
  return value;
}

/** R19. */
function parseControllers(controller: unknown): readonly string[] {
  const controllers: readonly unknown[] = Array.isArray(controller) ? controller : [controller];
  if (controllers.length < 1 || controllers.length > MAX_CONTROLLERS || !controllers.every(isDidOrMethod)) {
    throw refused('The "controller" of the capability must be one to ten DIDs or verification methods.');
  }
  return controllers;
}

function isDidOrMethod(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DID_LENGTH && DID_OR_METHOD.test(value);
}

/** R20. */
function parseTarget(target: unknown): string {
  if (typeof target !== 'string' || !target.startsWith('https://') || !ABSOLUTE_URI.test(target)) {
    throw refused('The "invocationTarget" of the capability must be an https URL.');
  }
  return target;
}

/** R21. One action alone and a list of one are the same set (R30). */
function parseAllowedAction(allowedAction: unknown): ReadonlySet<string> | undefined {
  if (allowedAction === undefined) return undefined;
  const actions: readonly unknown[] = Array.isArray(allowedAction) ? allowedAction : [allowedAction];
  if (actions.length === 0 || actions.length > MAX_ACTIONS || !actions.every(isAction)) {
    throw refused('If present, "allowedAction" must be a non-empty string or a non-empty array of them.');
  }
  return new Set(actions);
}

function isAction(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ACTION_LENGTH;
}

/** R22. */
function parseExpires(expires: unknown): number {
  const time = typeof expires === 'string' ? parseXsdDateTime(expires) : undefined;
  if (time === undefined) throw refused('Delegated capability must have a valid expires date.');
  return time;
}

function refused(message: string): NotAllowedError {
  return new NotAllowedError('capability-shape', message);
}
