import {controller, type Controller} from '../../../support/did-key.ts';
import {signedRequest, type WireRequest} from '../../../support/signed-request.ts';
import type {ReferenceKeystore} from '../../reference/state.ts';
import {type Kit, type Make, Mutations} from '../mutation.ts';

function update(
  by: Controller,
  config: Readonly<Record<string, unknown>>,
  url = config['id'] as string,
): WireRequest {
  return signedRequest({url, json: config, action: 'write', signer: by});
}

/** Updates a keystore made for it. */
function updated(
  change: (config: ReferenceKeystore) => Readonly<Record<string, unknown>>,
  created: Readonly<Record<string, unknown>> = {},
): Make {
  return async ({world, random}) => {
    const owner = controller(random.uuid());
    const config = await world.freshKeystore(owner, created);
    return {
      base: 'updateKeystore',
      request: update(owner, {...config, sequence: 1, ...change(config)}, config.id),
    };
  };
}

/** Does something after a keystore was handed over. */
function transferred(
  then: (places: {
    readonly from: Controller;
    readonly to: Controller;
    readonly config: ReferenceKeystore;
  }) => WireRequest,
): Make {
  return async ({world, random}: Kit) => {
    const [from, to] = [controller(random.uuid()), controller(random.uuid())];
    const config = await world.freshKeystore(from);
    const next = {...config, sequence: 1, controller: to.did};
    return {base: 'updateKeystore', prelude: [update(from, next)], request: then({from, to, config: next})};
  };
}

/** A keystore is replaced by its next version, by whom it belonged to. */
export const R48 = new Mutations('R48')
  .refused(
    'the same sequence',
    updated(() => ({sequence: 0})),
  )
  .refused(
    'two more',
    updated(() => ({sequence: 2})),
  )
  .refused(
    'a negative sequence',
    updated(() => ({sequence: -1})),
  )
  .refused(
    'a fraction',
    updated(() => ({sequence: 1.5})),
  )
  .refused(
    'a text',
    updated(() => ({sequence: '1'})),
  )
  .refused(
    'a number beyond integers',
    updated(() => ({sequence: 2 ** 53})),
  )
  .refused(
    'no sequence',
    updated(() => ({sequence: undefined})),
  )
  .refused(
    'no controller',
    updated(() => ({controller: undefined})),
  )
  .refused(
    'another id',
    updated(({id}) => ({id: `${id}x`})),
  )
  .refused(
    'an unknown member',
    updated(() => ({admin: true})),
  )
  .accepted(
    'another controller',
    updated(() => ({controller: controller('next').did})),
  )
  .accepted(
    'an address list',
    updated(() => ({ipAllowList: ['127.0.0.1/32']})),
  )
  .refused(
    'an empty address list',
    updated(() => ({ipAllowList: []})),
  )
  .refused(
    'by the old controller after a transfer',
    transferred(({from, config}) => update(from, {...config, sequence: 2})),
  )
  .refused(
    'read by the old controller after a transfer',
    transferred(({from, config}) => signedRequest({url: config.id, action: 'read', signer: from})),
  )
  .refused(
    'a key for the old controller after a transfer',
    transferred(({from, config}) =>
      signedRequest({
        url: `${config.id}/keys`,
        json: {type: 'GenerateKeyOperation', invocationTarget: {type: 'Sha256HmacKey2019'}},
        action: 'generateKey',
        signer: from,
      }),
    ),
  )
  .accepted(
    'by the new controller after a transfer',
    transferred(({to, config}) => update(to, {...config, sequence: 2})),
  )
  .accepted(
    'read by the new controller after a transfer',
    transferred(({to, config}) => signedRequest({url: config.id, action: 'read', signer: to})),
  );
