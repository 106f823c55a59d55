import {controller, type Controller} from '../support/did-key.ts';
import {RawClient, signedRequest, type ListeningServer, type WireRequest} from '../support/signed-request.ts';

/** A server as `RawClient` takes it, and its public origin. */
export interface PopulatedServer extends ListeningServer {
  readonly baseUrl: string;
}

export interface PopulatedKeystore {
  readonly id: string;
  /** URLs. */
  readonly keys: readonly string[];
}

const CONNECTIONS = 8;

/** Who owns everything in a population. */
export const OWNER: Controller = controller('population: owner');

/** Makes keystores with Ed25519 keys over the API, as a client does. */
export async function populate(
  server: PopulatedServer,
  {
    keystores,
    keysPerKeystore,
    connections = CONNECTIONS,
  }: {readonly keystores: number; readonly keysPerKeystore: number; readonly connections?: number},
): Promise<readonly PopulatedKeystore[]> {
  const clients = Array.from({length: connections}, () => new RawClient(server));
  const made: {id: string; keys: string[]}[] = [];
  try {
    await inParallel(clients, keystores, async (client) => {
      const {location = ''} = await accepted(client, creating(server.baseUrl));
      made.push({id: location, keys: []});
    });
    const slots = made.flatMap((keystore) => Array.from({length: keysPerKeystore}, () => keystore));
    await inParallel(clients, slots.length, async (client, index) => {
      const keystore = slots[index];
      if (!keystore) throw new Error('Unreachable.');
      const {location = ''} = await accepted(client, generating(keystore.id));
      keystore.keys.push(location);
    });
  } finally {
    for (const client of clients) client.close();
  }
  return made;
}

/** Runs `work` for 0 … count - 1, one at a time on each connection. */
export async function inParallel(
  clients: readonly RawClient[],
  count: number,
  work: (client: RawClient, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (next < count) await work(client, next++);
    }),
  );
}

/** Which of the keys do not sign. */
export async function keysThatDoNotSign(
  server: PopulatedServer,
  keys: readonly string[],
): Promise<readonly string[]> {
  const clients = Array.from({length: CONNECTIONS}, () => new RawClient(server));
  const failing: string[] = [];
  try {
    await inParallel(clients, keys.length, async (client, index) => {
      const url = keys[index] ?? '';
      const {status} = await client.send(signing(url));
      if (status !== 200) failing.push(url);
    });
  } finally {
    for (const client of clients) client.close();
  }
  return failing;
}

/** A request to sign with a key; new each time, as its signature is. */
export function signing(url: string): WireRequest {
  const json = {type: 'SignOperation', invocationTarget: url, verifyData: 'AAAA'};
  return signedRequest({url, json, action: 'sign', signer: OWNER});
}

function creating(baseUrl: string): WireRequest {
  const json = {sequence: 0, controller: OWNER.did, meterId: unique()};
  return signedRequest({url: `${baseUrl}/kms/keystores`, json, action: 'write', signer: OWNER});
}

/** Generates a key in a keystore. */
export function generating(keystoreId: string): WireRequest {
  const url = `${keystoreId}/keys`;
  const json = {
    type: 'GenerateKeyOperation',
    invocationTarget: {
      type: 'Ed25519VerificationKey2020',
      publicAliasTemplate: `did:example:${unique()}#{publicKeyMultibase}`,
    },
  };
  return signedRequest({url, json, action: 'generateKey', signer: OWNER});
}

let count = 0;
/** Two creations with the same bytes within a second would be a replay. */
const unique = (): string => `p${process.pid}-${++count}`;

async function accepted(client: RawClient, request: WireRequest): Promise<Readonly<Record<string, string>>> {
  const {status, headers, text} = await client.send(request);
  if (status !== 200 && status !== 201) throw new Error(`Refused with ${status}: ${text}`);
  return headers;
}
