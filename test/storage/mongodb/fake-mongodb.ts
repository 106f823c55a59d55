import {createServer, type Server, type Socket} from 'node:net';
import type {AddressInfo} from 'node:net';
import {BSON, type Document, Long} from 'mongodb';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

/** What it says to a command: a document; `close`: nothing, the connection is closed; `silent`: nothing ever. */
export type Answer = Document | 'close' | 'silent';

/** A primary of a replica set of one, of MongoDB 7. */
export const PRIMARY = {
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  setName: 'rs0',
  minWireVersion: 0,
  maxWireVersion: 21,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  ok: 1,
};

const OK = {ok: 1, n: 1, nModified: 1};

/** What a server of an empty database with the schema of this release answers. */
function defaultAnswer(command: Document): Document {
  const cursor = (firstBatch: readonly Document[]) => ({
    ok: 1,
    cursor: {id: Long.ZERO, ns: 'db.any', firstBatch},
  });
  if (command['find'] === 'schema_migration') {
    return cursor([
      {_id: 0, name: 'webkms-server'},
      {_id: 1, name: 'initial'},
    ]);
  }
  return 'find' in command || 'aggregate' in command ? cursor([]) : OK;
}

/** Speaks MongoDB's protocol, and answers as it is told: for what no server does on demand. */
export class FakeMongodb {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Commands as they came, but for greetings. */
  readonly commands: Document[] = [];
  hello: Document = PRIMARY;
  answer: (command: Document) => Answer | undefined = () => undefined;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
      let buffered = Buffer.alloc(0);
      socket.on('data', (data) => {
        buffered = Buffer.concat([buffered, data]);
        while (buffered.length >= 4 && buffered.length >= buffered.readInt32LE(0)) {
          const length = buffered.readInt32LE(0);
          this.#take(socket, buffered.subarray(0, length));
          buffered = buffered.subarray(length);
        }
      });
    });
  }

  static async start(): Promise<FakeMongodb> {
    const fake = new FakeMongodb();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket, message: Buffer): void {
    const [requestId, code] = [message.readInt32LE(4), message.readInt32LE(12)];
    if (code === OP_QUERY) {
      this.#reply(socket, requestId, code, this.#greeting());
      return;
    }
    // Flags, then one section of kind 0: the driver sends no other where nothing is sent in bulk.
    const command = BSON.deserialize(message.subarray(HEADER_BYTES + 5));
    const isGreeting = 'hello' in command || 'isMaster' in command || 'ismaster' in command;
    const answer = isGreeting ? this.#greeting() : this.#answerTo(command);
    if (answer === 'close') socket.destroy();
    else if (answer !== 'silent') this.#reply(socket, requestId, code, answer);
  }

  #greeting(): Document {
    const inSet = 'setName' in this.hello ? {hosts: [this.host], me: this.host, primary: this.host} : {};
    return {...inSet, ...this.hello};
  }

  #answerTo(command: Document): Answer {
    this.commands.push(command);
    return this.answer(command) ?? defaultAnswer(command);
  }

  #reply(socket: Socket, to: number, code: number, document: Document): void {
    const body = Buffer.from(BSON.serialize(document));
    const lead = code === OP_MSG ? Buffer.alloc(5) : Buffer.alloc(20);
    if (code !== OP_MSG) lead.writeInt32LE(1, 16);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeInt32LE(HEADER_BYTES + lead.length + body.length, 0);
    header.writeInt32LE(to, 8);
    header.writeInt32LE(code === OP_MSG ? OP_MSG : OP_REPLY, 12);
    socket.write(Buffer.concat([header, lead, body]));
  }
}
