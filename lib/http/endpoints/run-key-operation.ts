import {MalformedRequestError} from '../../errors.ts';
import type {Endpoint} from '../endpoint.ts';
import {admitChain} from '../../operations/admit-chain.ts';
import {authorizeOnKeystore} from './authorize-on-keystore.ts';
import {currentSeconds} from './current-time.ts';
import type {EndpointDependencies} from './endpoint-dependencies.ts';
import {readOperationType, validateOperation} from '../../operations/read-operation.ts';
import {assertNoQuery} from './read-query.ts';
import {readSignedJson} from './read-request.ts';
import {parameter, resourceUrls} from './resource-urls.ts';

/** POST a KMS operation, whose `invocationTarget` is the key's URL, to the key → its result. */
export function runKeyOperationEndpoint(deps: EndpointDependencies): Endpoint {
  const {authorizer, keyService} = deps;
  const urls = resourceUrls(deps.baseUrl);
  return async (request) => {
    const {envelope, body} = await readSignedJson(request, {host: urls.host, now: currentSeconds(deps)});
    assertNoQuery(request);
    // R36: what the body asks for decides the action, not what the caller says it is; of a batch, what its items ask for.
    const descriptor = readOperationType(body, 'key');
    const {action} = descriptor;
    const [keystoreId, localKeyId] = [urls.keystore(request), parameter(request, 'key')];
    const {keystore, findKey, invocation, confirm} = await authorizeOnKeystore(request, deps, envelope, {
      keystoreId,
      localKeyId,
      action,
    });
    const operation = validateOperation(descriptor, body);
    assertInvocationTarget(operation.invocationTarget, envelope.url);
    const admit = admitChain(invocation);
    const {chainLength} = invocation;
    const acceptOnce = () => authorizer.acceptOnce(invocation, {creation: false});
    const goOn = async (): Promise<void> => {
      request.assertAwaited?.();
      await confirm();
    };
    const reply = await request.time('operation', () =>
      keyService.runOnKey(descriptor, operation, {
        ...{keystore, localKeyId, findKey, admit, acceptOnce, goOn},
        facts: {action, chainLength},
      }),
    );
    return {status: 200, body: reply};
  };
}

function assertInvocationTarget(invocationTarget: string, requestUrl: string): void {
  if (invocationTarget === requestUrl) return;
  throw new MalformedRequestError('The "invocationTarget" of the operation is not the URL it was sent to.');
}
