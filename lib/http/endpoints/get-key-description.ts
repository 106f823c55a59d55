import {getKeyQuery} from '../../../schemas/keys.ts';
import {NotAllowedError, NotFoundError} from '../../errors.ts';
import {describeKey} from '../../keys/key-description.ts';
import {OPERATIONS} from '../../operations/operation-table.ts';
import type {KeyRecord} from '../../storage/key-record.ts';
import type {KeystoreConfig} from '../../storage/keystore-config-store.ts';
import {readHeaders} from '../../zcap/read-headers.ts';
import {assertSourceAddress} from '../../zcap/source-address.ts';
import type {Endpoint, EndpointRequest, Reply} from '../endpoint.ts';
import {createValidator} from '../validation/create-validator.ts';
import {parseQuery} from '../validation/query.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {findAuthorizedKey} from './find-authorized-key.ts';
import {readHead} from './read-request.ts';
import {parameter, resourceUrls} from './resource-urls.ts';

/** The actions on keys: of whoever has one, it may be known what the key is. */
const KEY_ACTIONS: ReadonlySet<string> = new Set(
  Object.values(OPERATIONS).flatMap(({target, action}) => (target === 'key' ? [action] : [])),
);

const parseKeyQuery = createValidator('getKeyQuery', getKeyQuery);

/** GET a key → its description: the current version, or `?version=n`. */
export function getKeyDescriptionEndpoint(deps: EndpointDependencies): Endpoint {
  return deps.keyDescriptions === 'public' ? publicEndpoint(deps) : authorizedEndpoint(deps);
}

function authorizedEndpoint(deps: EndpointDependencies): Endpoint {
  const {stores} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const envelope = readHead(request, {host: urls.host, now: currentSeconds(deps)});
    const {version} = parseKeyQuery(parseQuery(request.head.target));
    const [keystoreId, localKeyId] = [urls.keystore(request), parameter(request, 'key')];
    const {keystore, invocation} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      action: 'read',
      // R14, R36: clients also name the key's own root; and who may use a key at all may see what it is.
      additionalRoot: envelope.resource,
      alsoBy: KEY_ACTIONS,
    });
    const record = await findAuthorizedKey(stores.keys, {keystoreId, localKeyId}, invocation);
    return describe(keystore, record, version);
  };
}

/** What the setting makes public is public to whoever the keystore's `ipAllowList` lets in (R49). */
function publicEndpoint({baseUrl, stores}: EndpointDependencies): Endpoint {
  const urls = resourceUrls(baseUrl);
  return async (request) => {
    assertHost(request, urls.host);
    const {version} = parseKeyQuery(parseQuery(request.head.target));
    const [keystoreId, localKeyId] = [urls.keystore(request), parameter(request, 'key')];
    const keystore = await stores.keystores.find(keystoreId);
    if (!keystore) throw notFound();
    assertSourceAddress(request.head.remoteAddress, keystore.ipAllowList);
    const record = await stores.keys.find({keystoreId, localKeyId});
    if (!record) throw notFound();
    return describe(keystore, record, version);
  };
}

function describe(keystore: KeystoreConfig, record: KeyRecord, version: string | undefined): Reply {
  const versions = record.versions.filter(
    (known) => version === undefined || String(known.version) === version,
  );
  if (versions.length === 0) throw new NotFoundError('Key version not found.');
  const keyId = `${keystore.id}/keys/${record.localKeyId}`;
  const keystoreController = keystore.controller;
  return {status: 200, body: describeKey({keyId, keystoreController, record: {...record, versions}})};
}

function assertHost({head}: EndpointRequest, host: string): void {
  if (readHeaders(head.rawHeaders).values.get('host') !== host) {
    throw new NotAllowedError('host', 'Host header contains an unexpected host name.');
  }
}

function notFound(): NotFoundError {
  return new NotFoundError('Key not found.');
}
