import {EventEmitter} from 'node:events';
import {Channel, type ChannelOptions, type ChannelPort} from '../../lib/processes/channel.ts';

export interface ChannelPair {
  readonly ends: readonly [Channel, Channel];
  readonly cut: () => void;
  /** What the first end gets, whoever has sent it. */
  readonly post: (message: unknown, socket?: unknown) => void;
}

/** Two ends of a channel, as Node's are between processes. @param options of both */
export function channelPair(options?: ChannelOptions): ChannelPair {
  const state = {connected: true};
  const [one, other] = [new EventEmitter(), new EventEmitter()];
  const port = (own: EventEmitter, far: EventEmitter): ChannelPort => ({
    get connected() {
      return state.connected;
    },
    send: (message, callback) => {
      const copy: unknown = structuredClone(message);
      setImmediate(() => {
        if (state.connected) far.emit('message', copy);
        callback(state.connected ? null : new Error('cut'));
      });
    },
    on: (event: string, listener: (message: unknown, socket?: unknown) => void) => own.on(event, listener),
  });
  return {
    ends: [new Channel(port(one, other), options), new Channel(port(other, one), options)],
    cut: () => {
      state.connected = false;
      for (const end of [one, other]) end.emit('disconnect');
    },
    post: (message, socket) => one.emit('message', message, socket),
  };
}
