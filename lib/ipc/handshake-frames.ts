import type {Duplex} from 'node:stream';
import {decodeCbor, encodeCbor} from '../rpc/cbor.ts';
import {FrameReader, frameOf} from '../rpc/frame-reader.ts';
import {ProtocolError} from '../rpc/protocol-error.ts';
import type {Shape} from '../rpc/shape.ts';
import {MAX_HANDSHAKE_BYTES} from './ipc-limits.ts';

/** The frames of a handshake, one after the other: who says more than is its turn is no partner. */
export class HandshakeFrames {
  readonly #stream: Duplex;
  readonly #reader = new FrameReader(MAX_HANDSHAKE_BYTES);
  #waiting: PromiseWithResolvers<Uint8Array> | undefined;
  #error: Error | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', this.#take).on('close', this.#end).on('end', this.#end).on('error', this.#end);
  }

  /** @throws ProtocolError where something else comes, or nothing any more */
  async next<T>(shape: Shape<T>): Promise<T> {
    if (this.#error) throw this.#error;
    this.#waiting = Promise.withResolvers<Uint8Array>();
    return shape(decodeCbor(await this.#waiting.promise));
  }

  send(message: readonly unknown[]): void {
    this.#stream.write(frameOf(encodeCbor(message)));
  }

  /** What comes now is another's to read. @throws ProtocolError where there was something already */
  release(): void {
    this.#stream.pause();
    this.#stream
      .off('data', this.#take)
      .off('close', this.#end)
      .off('end', this.#end)
      .off('error', this.#end);
    if (this.#error) throw this.#error;
    if (this.#reader.partialBytes > 0) throw new ProtocolError('It spoke out of its turn.');
  }

  readonly #take = (piece: Uint8Array): void => {
    if (this.#error) return;
    try {
      const [frame, ...more] = this.#reader.push(piece);
      if (!frame) return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (!waiting || more.length > 0) {
        this.#waiting = waiting;
        throw new ProtocolError('It spoke out of its turn.');
      }
      waiting.resolve(frame);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new ProtocolError('It could not be read.'));
    }
  };

  readonly #end = (): void => this.#fail(new ProtocolError('It has gone.'));

  #fail(error: Error): void {
    this.#error ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
