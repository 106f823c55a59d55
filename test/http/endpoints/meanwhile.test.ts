import {expect} from 'chai';
import {createDidResolver, type DidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import {makeTempDir, type TempDir} from '../../sealing/temp-dir.ts';
import {delegate, type Capability} from '../../support/delegate.ts';
import {controller} from '../../support/did-key.ts';
import {rootCapabilityId, signedRequest} from '../../support/signed-request.ts';
import type {WireRequest} from '../../support/wire.ts';
import {BASE_URL, CountedNode} from './counted-node.ts';

const KEYSTORES = `${BASE_URL}/kms/keystores`;
const [alice, bob, carol] = [controller('alice'), controller('bob'), controller('carol')];

/** Alice's, with a capability of Bob's to sign with its key. */
interface Property {
  readonly keystore: string;
  readonly key: string;
  readonly capability: Capability;
}

const operation = (key: string, type: string, signer = alice): WireRequest => {
  const action = type.replace('Operation', '').replace(/^./, (letter) => letter.toLowerCase());
  const data = type === 'SignOperation' ? {verifyData: 'AAAA'} : {};
  return signedRequest({url: key, json: {type, invocationTarget: key, ...data}, action, signer});
};

const updating = (keystore: string, members: object): WireRequest => {
  const json = {id: keystore, sequence: 1, controller: alice.did, ...members};
  return signedRequest({url: keystore, json, action: 'write', signer: alice});
};

const REQUESTS: Readonly<Record<string, (property: Property) => WireRequest>> = {
  'the controller': ({key}) => operation(key, 'SignOperation'),
  'a delegate': ({key, capability}) => {
    const json = {type: 'SignOperation', invocationTarget: key, verifyData: 'AAAA'};
    return signedRequest({url: key, json, action: 'sign', signer: bob, capability});
  },
};

interface Change {
  readonly request: (property: Property) => WireRequest;
  /** What is said then. */
  readonly refusals: Readonly<Record<keyof typeof REQUESTS, string>>;
}

const CHANGES: Readonly<Record<string, Change>> = {
  'R41 a revocation': {
    request: ({keystore, capability}) => {
      const url = `${keystore}/zcaps/revocations/${encodeURIComponent(capability.id)}`;
      const root = rootCapabilityId(url);
      return signedRequest({url, json: capability, action: 'write', capability: root, signer: alice});
    },
    refusals: {'the controller': '200', 'a delegate': '403 revoked'},
  },
  'R48 a transfer': {
    request: ({keystore}) => updating(keystore, {controller: carol.did}),
    refusals: {'the controller': '403 invoker', 'a delegate': '403 delegator'},
  },
  'R49 a list of addresses': {
    request: ({keystore}) => updating(keystore, {ipAllowList: ['192.0.2.0/24']}),
    refusals: {'the controller': '403 address', 'a delegate': '403 address'},
  },
  'the disabling of the key': {
    request: ({key}) => operation(key, 'DisableKeyOperation'),
    refusals: {'the controller': '409 state', 'a delegate': '409 state'},
  },
  'the deletion of the key': {
    request: ({key}) => operation(key, 'DeleteKeyOperation'),
    refusals: {'the controller': '409 state', 'a delegate': '409 state'},
  },
};

/** How often a request is waited for: for its signature, and for each delegation's. */
const WAITS: Readonly<Record<string, number>> = {'the controller': 1, 'a delegate': 2};

/**
 * While one node waits for a DID document, or for the proofs of a chain, another answers a change: what is allowed after that is
 * allowed by the new state.
 */
describe('a change that another node answers meanwhile', () => {
  let directory: TempDir;
  /** Waits. */
  let node: CountedNode;
  let other: CountedNode;
  let meanwhile: () => Promise<void>;

  before(async () => {
    directory = await makeTempDir();
    other = await CountedNode.open({dataDir: directory.path('')});
    node = await CountedNode.open({
      dataDir: directory.path('waiting'),
      environment: {
        WEBKMS_STORAGE: `sqlite:${directory.path('webkms.db')}`,
        WEBKMS_ROOT_WRAPPER: `file:${directory.path('root.key')}`,
      },
      resolver: waitingResolver(),
    });
  });
  after(async () => {
    await node.close();
    await other.close();
    await directory.remove();
  });
  beforeEach(() => {
    meanwhile = async () => undefined;
  });

  /** Every DID and every document of the judges' takes its time. */
  function waitingResolver(): DidResolver {
    const real = createDidResolver();
    return {
      verificationMethod: async (...query) => {
        await meanwhile();
        return real.verificationMethod(...query);
      },
      document: async (url) => {
        await meanwhile();
        return real.document(url);
      },
    };
  }

  async function accepted(request: WireRequest): Promise<unknown> {
    const {status, json} = await other.answer(request);
    expect(status, JSON.stringify(json)).to.be.lessThan(300);
    return json;
  }

  async function acquire(): Promise<Property> {
    const json = {sequence: 0, controller: alice.did};
    const root = rootCapabilityId(KEYSTORES);
    const creating = signedRequest({url: KEYSTORES, json, action: 'write', capability: root, signer: alice});
    const {id: keystore} = (await accepted(creating)) as {id: string};
    const generating = {type: 'GenerateKeyOperation', invocationTarget: {type: 'Ed25519VerificationKey2020'}};
    const url = `${keystore}/keys`;
    const made = await accepted(signedRequest({url, json: generating, action: 'generateKey', signer: alice}));
    const {keyId: key} = made as {keyId: string};
    const parent = rootCapabilityId(keystore);
    const capability = await delegate({
      ...{parent, delegator: alice, controller: bob, invocationTarget: key, allowedAction: ['sign']},
    });
    return {keystore, key, capability};
  }

  async function says(request: WireRequest): Promise<string> {
    const {status, reason, json} = await node.answer(request);
    if (reason !== undefined) return `${status} ${reason}`;
    const {message = ''} = json as {message?: string};
    if (message.includes('Source IP')) return `${status} address`;
    return status === 409 ? `${status} state` : String(status);
  }

  /** @returns what is said where the change is answered at the `nth` time that the node waits; undefined: it does not so often. */
  async function answerWith(
    nth: number,
    property: Property,
    [request, change]: readonly [WireRequest, Change],
  ): Promise<string | undefined> {
    let waits = 0;
    meanwhile = async () => {
      if (++waits === nth) await accepted(change.request(property));
    };
    const said = await says(request);
    if (waits >= nth) return said;
    expect(said).to.equal('200');
    return undefined;
  }

  for (const [what, change] of Object.entries(CHANGES)) {
    for (const [who, request] of Object.entries(REQUESTS)) {
      const refusal = change.refusals[who]!;
      it(`${what} counts, whenever ${who} is waited for`, async () => {
        let nth = 1;
        for (let said: string | undefined = refusal; said !== undefined; nth++) {
          const property = await acquire();
          said = await answerWith(nth, property, [request(property), change]);
          if (said !== undefined) expect(said, `the ${nth}. wait`).to.equal(refusal);
        }
        // The last one was that at which nobody waited.
        expect(nth - 2).to.equal(WAITS[who]);
      });

      it(`${what} counts, where ${who} is known and waited for`, async () => {
        const property = await acquire();
        for (let time = 1; time <= 2; time++) expect(await says(request(property))).to.equal('200');
        expect(await answerWith(1, property, [request(property), change])).to.equal(refusal);
        expect(await says(request(property))).to.equal(refusal);
      });
    }
  }
});
