import {getKeyQuery} from '../../../schemas/keys.ts';
import {NotAllowedError, NotFoundError} from '../../errors.ts';
import {OPERATIONS} from '../../operations/operation-table.ts';
import {readHeaders} from '../../zcap/read-headers.ts';
import {assertSourceAddress} from '../../zcap/source-address.ts';
import type {Endpoint, EndpointRequest} from '../endpoint.ts';
import {createValidator} from '../../validation/create-validator.ts';
import {parseQuery} from '../query.ts';
import {usersMetadata} from '../../keys/key-metadata.ts';
import {admitChain} from '../../operations/admit-chain.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {readHead} from './read-request.ts';
import {parameter, resourceUrls} from './resource-urls.ts';

/**
 * The actions on keys: of whoever has one, it may be known what the key is. Also of who manages it: what is told is less than
 * the replies to a change tell.
 */
const KEY_ACTIONS: ReadonlySet<string> = new Set(
  Object.values(OPERATIONS).flatMap((operation) =>
    operation.target === 'key' && operation.kind !== 'batches' ? [operation.action] : [],
  ),
);

const parseKeyQuery = createValidator('getKeyQuery', getKeyQuery);

/** GET a key → its description: the current version, or `?version=n`. */
export function getKeyDescriptionEndpoint(deps: EndpointDependencies): Endpoint {
  const authorized = authorizedEndpoint(deps);
  if (deps.keyDescriptions !== 'public') return authorized;
  const open = publicEndpoint(deps);
  // What nobody but a reader may know is not public.
  return async (request) => (readQuery(request).include === undefined ? open(request) : authorized(request));
}

function authorizedEndpoint(deps: EndpointDependencies): Endpoint {
  const {keyService} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    const {version, include} = readQuery(request);
    const [keystoreId, localKeyId] = [urls.keystore(request), parameter(request, 'key')];
    const {keystore, findKey, invocation} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      localKeyId,
      action: 'read',
      // R14, R36: clients also name the key's own root; and who may use a key at all may see what it is.
      additionalRoot: envelope.resource,
      alsoBy: KEY_ACTIONS,
    });
    const admit = admitChain(invocation);
    const {metadata, ...description} = await keyService.read(
      {keystore, localKeyId, findKey, admit, facts: {action: 'read', chainLength: invocation.chainLength}},
      {version, metadata: include !== undefined},
    );
    if (!metadata) return {status: 200, body: description};
    const shown = invocation.allowedBy === 'read' ? metadata : usersMetadata(metadata);
    return {status: 200, body: {...description, metadata: shown}};
  };
}

/** What the setting makes public is public to whoever the keystore's `ipAllowList` lets in (R49). */
function publicEndpoint({baseUrl, stores, keyService}: EndpointDependencies): Endpoint {
  const urls = resourceUrls(baseUrl);
  return async (request) => {
    assertHost(request, urls.host);
    const {version} = readQuery(request);
    const [keystoreId, localKeyId] = [urls.keystore(request), parameter(request, 'key')];
    const {keystore, findKey} = await stores.state.read({keystoreId, localKeyId});
    if (!keystore) throw new NotFoundError('Key not found.');
    assertSourceAddress(request.head.remoteAddress, keystore.ipAllowList);
    const facts = {action: 'read', chainLength: 0};
    const body = await keyService.read(
      {keystore, localKeyId, findKey, admit: () => undefined, facts},
      {version},
    );
    return {status: 200, body};
  };
}

interface KeyQuery {
  readonly version: number | undefined;
  readonly include: 'metadata' | undefined;
}

function readQuery({head}: EndpointRequest): KeyQuery {
  const {version, include} = parseKeyQuery(parseQuery(head.target));
  return {version: version === undefined ? undefined : Number(version), include};
}

function assertHost({head}: EndpointRequest, host: string): void {
  if (readHeaders(head.rawHeaders).values.get('host') !== host) {
    throw new NotAllowedError('host', 'Host header contains an unexpected host name.');
  }
}
