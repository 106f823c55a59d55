import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import {readFrame, type ResponseFrame} from './response-frame.ts';

/** An answer, whole. */
export interface LaneResponse extends ResponseFrame {
  readonly bytes: Buffer;
}

/** One kept-alive connection of plain HTTP that sends bytes made before, one request after the other. */
export class Lane {
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer | undefined;
  #resolve: ((response: LaneResponse) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async open(port: number): Promise<Lane> {
    const lane = new Lane(port);
    await lane.#connect();
    return lane;
  }

  /** Where the server closed the connection after its last answer, it is opened again first. */
  async send(request: Buffer): Promise<LaneResponse> {
    const socket = this.#socket ?? (await this.#connect());
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #connect(): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#reject?.(error));
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#reject?.(new Error('The server closed the connection.'));
    });
    this.#socket = socket;
    return socket;
  }

  #read(chunk: Buffer): void {
    const bytes = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    try {
      const frame = readFrame(bytes);
      this.#received = frame ? undefined : bytes;
      if (!frame) return;
      const resolve = this.#resolve;
      this.#resolve = this.#reject = undefined;
      if (frame.isLast) this.close();
      resolve?.({...frame, bytes});
    } catch (error) {
      this.#reject?.(error as Error);
    }
  }
}
