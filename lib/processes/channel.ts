import {Socket} from 'node:net';

/** What is needed of `process` in a worker, and of a worker's process in the primary. */
export interface ChannelPort {
  readonly connected: boolean;
  /** @param socket the other process has it then, and this one no more */
  send(message: object, callback: (error: Error | null) => void, socket?: Socket): unknown;
  on(event: 'message', listener: (message: unknown, socket?: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

/** The other process is gone, does not answer, or could not do it; then the message is that of its error. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly code = 'ERR_CHANNEL';
}

type Handler = (payload: unknown, socket: unknown) => unknown;

const KINDS = ['tell', 'ask', 'answer', 'failure'] as const;
type Kind = (typeof KINDS)[number];

interface Frame {
  /** Tells these messages from all others. */
  readonly webkms: Kind;
  /** Of a question and its answer. */
  readonly id?: number;
  readonly name?: string;
  readonly payload?: unknown;
}

interface Early {
  readonly frame: Frame;
  readonly socket: unknown;
}

export interface AskOptions {
  readonly timeoutMs?: number;
  /** Given away with the question. When the answer is there, this process has it no more. */
  readonly socket?: Socket | undefined;
}

export interface ChannelOptions {
  /** How many messages may wait until it is known what to do with them; what comes then fails. */
  readonly maxEarly?: number;
}

const ANSWER_MS = 10_000;
const MAX_EARLY = 100;
/** As it may come to be logged. */
const MAX_MESSAGE = 10_000;

/**
 * Messages between the primary process and one of its workers, over the channel that Node makes for a child process. What
 * one end asks before the other has said how it answers waits for that.
 */
export class Channel {
  readonly #port: ChannelPort;
  readonly #handlers = new Map<string, Handler>();
  readonly #maxEarly: number;
  #early: Early[] = [];
  readonly #asked = new Map<number, (answer: Frame) => void>();
  #nextId = 1;

  constructor(port: ChannelPort, {maxEarly = MAX_EARLY}: ChannelOptions = {}) {
    this.#port = port;
    this.#maxEarly = maxEarly;
    port.on('message', (message, socket) => {
      if (isFrame(message)) this.#take(message, socket);
    });
    port.on('disconnect', () => {
      const gone: Frame = {webkms: 'failure', payload: 'The other process is gone.'};
      for (const settle of [...this.#asked.values()]) settle(gone);
    });
  }

  /** Says what to do when the other end tells or asks for `name`. What it throws, the other end gets as a message. */
  on(name: string, handler: Handler): void {
    this.#handlers.set(name, handler);
    const early = this.#early.filter(({frame}) => frame.name === name);
    this.#early = this.#early.filter(({frame}) => frame.name !== name);
    for (const {frame, socket} of early) void this.#handle(handler, frame, socket);
  }

  /** Nothing happens where the other end is gone. */
  tell(name: string, payload?: unknown): void {
    this.#send({webkms: 'tell', name, payload});
  }

  /** @returns the answer, which is what structured clones can carry. @throws ChannelError */
  async ask(
    name: string,
    payload?: unknown,
    {timeoutMs = ANSWER_MS, socket}: AskOptions = {},
  ): Promise<unknown> {
    const id = this.#nextId++;
    const {promise, resolve} = Promise.withResolvers<Frame>();
    this.#asked.set(id, resolve);
    const late: Frame = {webkms: 'failure', payload: `There was no answer within ${timeoutMs} ms.`};
    const timer = setTimeout(() => resolve(late), timeoutMs);
    try {
      const onFailure = (error: Error): void => resolve({webkms: 'failure', payload: error.message});
      this.#send({webkms: 'ask', id, name, payload}, {onFailure, socket});
      const answer = await promise;
      if (answer.webkms === 'answer') return answer.payload;
      const {payload: message} = answer;
      throw new ChannelError(typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : 'It failed.');
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }

  #take(frame: Frame, socket: unknown): void {
    if (frame.webkms === 'answer' || frame.webkms === 'failure') {
      this.#asked.get(frame.id ?? 0)?.(frame);
      return;
    }
    const {name = ''} = frame;
    const handler = this.#handlers.get(name);
    if (handler) void this.#handle(handler, frame, socket);
    else if (this.#early.length < this.#maxEarly) this.#early.push({frame, socket});
    else {
      if (socket instanceof Socket) socket.destroy();
      void this.#handle(unknown, frame, socket);
    }
  }

  async #handle(handler: Handler, {webkms, id = 0, payload}: Frame, socket: unknown): Promise<void> {
    let answer: Frame;
    try {
      answer = {webkms: 'answer', id, payload: await handler(payload, socket)};
    } catch (error) {
      const message = error instanceof Error ? error.message : 'It failed.';
      answer = {webkms: 'failure', id, payload: message};
    }
    if (webkms === 'ask') this.#send(answer);
  }

  #send(
    frame: Frame,
    {
      onFailure,
      socket,
    }: {readonly onFailure?: (error: Error) => void; readonly socket?: Socket | undefined} = {},
  ): void {
    if (!this.#port.connected) {
      onFailure?.(new ChannelError('The other process is gone.'));
      return;
    }
    const onSent = (error: Error | null): void => {
      if (error) onFailure?.(error);
    };
    this.#port.send(frame, onSent, socket);
  }
}

function unknown(): never {
  throw new ChannelError('Nobody here knows what that is.');
}

function isFrame(message: unknown): message is Frame {
  if (typeof message !== 'object' || message === null || !('webkms' in message)) return false;
  const {webkms, id, name}: {webkms: unknown; id?: unknown; name?: unknown} = message;
  return (
    KINDS.some((kind) => kind === webkms) &&
    (id === undefined || typeof id === 'number') &&
    (name === undefined || typeof name === 'string')
  );
}
