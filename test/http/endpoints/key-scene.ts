import {expect} from 'chai';
import {HostileScene} from '../../hostile/support/hostile-scene.ts';
import {controller} from '../../support/did-key.ts';
import type {KeyMetadataBody} from '../../../schemas/key-metadata.ts';
import type {TestServer} from '../../support/run-server.ts';
import {RawClient, signedRequest, type SignedRequestOptions} from '../../support/signed-request.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a server may say; which of it it says, the operation decides. */
export interface Reply {
  readonly signatureValue: string;
  readonly verified: boolean;
  readonly keyVersion: number;
  readonly ciphertext: string;
  readonly plaintext: string;
  readonly secret: string;
  readonly wrappedKey: string;
  readonly keyId: string;
  readonly keyDescription: Reply;
  readonly results: readonly Reply[];
  readonly id: string;
  readonly publicKeyMultibase: string;
  readonly metadata: KeyMetadataBody;
  readonly name: string;
  readonly message: string;
  readonly details?: Json;
  readonly cause: {readonly message: string};
  readonly error: {readonly name: string; readonly message: string};
}

export interface Answer {
  readonly status: number;
  readonly json: Reply;
}

type Changes = Partial<SignedRequestOptions> & {readonly node?: TestServer};

/** A running server with one keystore, and its owner who sends operations as docs/keys.md has them. */
export class KeyScene {
  readonly scene: HostileScene;
  readonly owner = controller('key owner');
  /** URL of the keystore. */
  readonly keystore: string;
  readonly #clients = new Map<TestServer, RawClient>();
  #sent = 0;

  private constructor(scene: HostileScene, keystore: string) {
    this.scene = scene;
    this.keystore = keystore;
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<KeyScene> {
    const scene = await HostileScene.start(environment, {tls: 'off'});
    const {id} = await scene.createKeystore(controller('key owner'));
    return new KeyScene(scene, id);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await this.scene.stop();
  }

  /** Makes a key. @returns its URL */
  async generate(type: string, members: Json = {}): Promise<string> {
    const json = {type: 'GenerateKeyOperation', invocationTarget: {type, ...members}};
    const answer = await this.#send({url: `${this.keystore}/keys`, json, action: 'generateKey'});
    expect(answer.status, JSON.stringify(answer.json)).to.equal(200);
    return answer.json.keyId;
  }

  /** Posts an operation to a key; its action follows from its type. */
  post(url: string, type: string, members: Json = {}, changes: Changes = {}): Promise<Answer> {
    const named = type === 'BatchOperation' ? String(members['operation']) : type;
    const action = named.charAt(0).toLowerCase() + named.slice(1, -'Operation'.length);
    return this.#send({url, json: {type, invocationTarget: url, ...members}, action, ...changes});
  }

  /** The same, which succeeds. @returns the reply */
  async run(url: string, type: string, members: Json = {}, changes: Changes = {}): Promise<Reply> {
    const {status, json} = await this.post(url, type, members, changes);
    expect(status, JSON.stringify(json)).to.equal(200);
    return json;
  }

  /** The same, which is refused. @returns its status, name and details, without what else there may be */
  async refusal(url: string, type: string, members: Json = {}, changes: Changes = {}): Promise<Json> {
    const {status, json} = await this.post(url, type, members, changes);
    const {name, details} = json;
    return {status, name, ...details};
  }

  get(url: string, changes: Changes = {}): Promise<Answer> {
    return this.#send({url, action: 'read', ...changes});
  }

  async #send({
    node = this.scene.server,
    ...options
  }: Changes & {url: string; action: string}): Promise<Answer> {
    let client = this.#clients.get(node);
    if (!client) this.#clients.set(node, (client = new RawClient(node)));
    // Two changes that say the same within a second would be one that is replayed.
    const overrides = ({created}: {readonly created: string}) => ({
      expires: String(Number(created) + 100 + (this.#sent++ % 700)),
    });
    const {status, json} = await client.send(signedRequest({signer: this.owner, overrides, ...options}));
    return {status, json: json as Reply};
  }
}

/** A server for the tests of one `describe`. */
export function useKeyScene(environment: Readonly<Record<string, string>> = {}): () => KeyScene {
  let scene: KeyScene | undefined;
  before(async () => {
    scene = await KeyScene.start(environment);
  });
  after(async () => scene?.stop());
  return () => {
    if (!scene) throw new Error('The scene is made before the first test.');
    return scene;
  };
}

export const base64url = (data: Uint8Array | string): string => Buffer.from(data).toString('base64url');
