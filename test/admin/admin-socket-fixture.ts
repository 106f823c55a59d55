import {mkdtemp, rm} from 'node:fs/promises';
import {once} from 'node:events';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import {callAdminSocket} from '../../lib/admin/admin-client.ts';
import type {AdminProgress} from '../../lib/admin/admin-operation.ts';
import {startAdminSocket, type AdminSocket} from '../../lib/admin/admin-socket-server.ts';
import {executeOperation, type AnyAdminOperation} from '../../lib/admin/execute-operation.ts';
import type {KeyManagement} from '../../lib/key-management.ts';

export function operation(
  name: string,
  run: AnyAdminOperation['run'],
  rest: Partial<AnyAdminOperation> = {},
): AnyAdminOperation {
  return {name, whileSealed: true, parse: (parameters) => parameters, run, ...rest};
}

export interface Call {
  readonly result: unknown;
  readonly lines: readonly string[];
  readonly progress: readonly AdminProgress[];
}

/** A listening socket with operations of the test's own. */
export class AdminSocketFixture {
  readonly dataDir: string;
  readonly log: Record<string, unknown>[] = [];
  sealed = false;
  #socket: AdminSocket | undefined;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async create(): Promise<AdminSocketFixture> {
    return new AdminSocketFixture(await mkdtemp(join(tmpdir(), 'webkms-admin-')));
  }

  get path(): string {
    return join(this.dataDir, 'admin.sock');
  }

  async listen(
    operations: readonly AnyAdminOperation[] = [],
    {
      dataDir = this.dataDir,
      ...times
    }: {dataDir?: string; requestTimeoutMs?: number; checkIntervalMs?: number} = {},
  ): Promise<AdminSocket> {
    const log = pino({level: 'debug'}, {write: (line: string) => this.log.push(JSON.parse(line) as never)});
    const management = {root: {isSealed: () => this.sealed}} as unknown as KeyManagement;
    this.#socket = await startAdminSocket({
      execute: (operation, parameters, call) =>
        executeOperation(operation, {management, parameters, call, log}),
      loadOperations: async () => new Map(operations.map((each) => [each.name, each])),
      dataDir,
      log,
      ...times,
    });
    return this.#socket;
  }

  async call(
    name: string,
    parameters: object = {},
    {signal = new AbortController().signal, dataDir = this.dataDir} = {},
  ): Promise<Call> {
    const lines: string[] = [];
    const progress: AdminProgress[] = [];
    const result = await callAdminSocket({
      dataDir,
      name,
      parameters,
      signal,
      report: (each) => void progress.push(each),
      write: async (line) => void lines.push(line),
    });
    return {result, lines, progress};
  }

  /** Sends bytes as they are. @returns all that comes back until the server closes */
  async raw(text: string): Promise<string> {
    const socket = connect(this.path);
    let reply = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk));
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    return reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.close().catch(() => undefined);
    await rm(this.dataDir, {recursive: true, force: true});
  }
}
