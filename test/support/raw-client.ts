import {connect as connectTcp, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import {type HeaderLine, type WireRequest, wireBytes} from './wire.ts';

/** Where a server listens on the loopback interface. */
export interface ListeningServer {
  readonly port: number;
  /** The certificate to trust, PEM. Absent: plain HTTP. */
  readonly ca?: string | undefined;
}

export interface WireResponse {
  readonly status: number;
  /** Lower-case names; repeated lines are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly headerLines: readonly HeaderLine[];
  readonly bytes: Buffer;
  readonly text: string;
  /** The body parsed, or undefined where it is not JSON. */
  readonly json: unknown;
}

/** The server closed the connection without a whole answer. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
}

const RESPONSE_TIMEOUT_MS = 15_000;

/** Sends one request (or any bytes at all) over a connection of its own. */
export async function send(
  server: ListeningServer,
  request: WireRequest | Buffer | string,
): Promise<WireResponse> {
  const client = new RawClient(server);
  try {
    return await client.send(request);
  } finally {
    client.close();
  }
}

/**
 * Speaks HTTP/1.1 over one kept-alive connection, one request after the other, without changing a byte of what it is
 * given. Reconnects where the server closed. For bulk; `send` does for single requests.
 */
export class RawClient {
  readonly #server: ListeningServer;
  #socket: Socket | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(server: ListeningServer) {
    this.#server = server;
  }

  /** @throws ConnectionClosedError where no whole answer came. */
  async send(request: WireRequest | Buffer | string): Promise<WireResponse> {
    const response = this.#last.then(async () => this.#sendNow(request));
    this.#last = response.catch(() => undefined);
    return response;
  }

  async #sendNow(request: WireRequest | Buffer | string): Promise<WireResponse> {
    const isWire = typeof request === 'object' && !Buffer.isBuffer(request);
    const bytes = isWire ? wireBytes(request) : Buffer.from(request as string);
    const socket = (this.#socket ??= await this.#connect());
    try {
      const response = await exchange(socket, bytes, isWire && request.method === 'HEAD');
      if (response.headers['connection'] === 'close') this.close();
      return response;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connect(): Promise<Socket> {
    const {port, ca} = this.#server;
    const socket: Socket =
      ca === undefined
        ? connectTcp({host: '127.0.0.1', port})
        : connectTls({host: '127.0.0.1', port, ca, servername: 'localhost'});
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    return socket;
  }
}

function exchange(socket: Socket, bytes: Buffer, isHead: boolean): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      settle(readResponse(received, {isHead, ended: false}));
    };
    const onClose = (): void =>
      settle(readResponse(received, {isHead, ended: true}) ?? new ConnectionClosedError('Closed.'));
    const timer = setTimeout(
      () => settle(new ConnectionClosedError('No answer in time.')),
      RESPONSE_TIMEOUT_MS,
    );
    const settle = (result: WireResponse | Error | undefined): void => {
      if (!result) return;
      clearTimeout(timer);
      socket.off('data', onData).off('end', onClose).off('close', onClose);
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.on('data', onData).on('end', onClose).on('close', onClose);
    if (socket.destroyed) onClose();
    else socket.write(bytes);
  });
}

/** @returns undefined where more bytes are needed. */
function readResponse(
  received: Buffer,
  {isHead, ended}: {isHead: boolean; ended: boolean},
): WireResponse | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const headerLines = lines.map((line): HeaderLine => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of headerLines) {
    const earlier = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  const rest = received.subarray(headEnd + 4);
  if (status === 100) return readResponse(rest, {isHead, ended});
  const body = isHead || status === 204 || status === 304 ? Buffer.alloc(0) : readBody(rest, headers, ended);
  if (!body) return undefined;
  const text = body.toString('utf8');
  return {status, headers, headerLines, bytes: body, text, json: parseJson(text)};
}

function readBody(rest: Buffer, headers: Record<string, string>, ended: boolean): Buffer | undefined {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(rest);
  if (headers['content-length'] === undefined) return ended ? rest : undefined;
  const length = Number(headers['content-length']);
  return rest.length >= length ? rest.subarray(0, length) : undefined;
}

function readChunks(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let index = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', index);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(rest.toString('latin1', index, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (rest.length < end + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(lineEnd + 2, end));
    index = end + 2;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
