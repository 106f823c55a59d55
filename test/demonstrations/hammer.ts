import {setTimeout as sleep} from 'node:timers/promises';
import {RawClient, type ListeningServer} from '../support/raw-client.ts';
import type {WireRequest} from '../support/wire.ts';

/** One request and its answer, by the client's clock (milliseconds). */
export interface Shot {
  readonly node: number;
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly text: string;
}

/** What was seen of a change while requests that it forbids were sent to all nodes. */
export interface Seen {
  /** By node: accepted before the change was sent. */
  readonly acceptedBefore: readonly number[];
  /** By node: sent before the change was answered, and answered after it. */
  readonly inFlight: readonly number[];
  /** By node: sent after the change was answered. */
  readonly sentAfter: readonly number[];
  /** Of those, what was accepted. */
  readonly acceptedAfter: readonly Shot[];
  /** What was said to the others. */
  readonly statusesAfter: ReadonlySet<number>;
}

const ENOUGH = 3;
const PATIENCE_MS = 60_000;

/** Sends one request over and over, over several connections to each node at once. */
export class Hammer {
  readonly #nodes: readonly ListeningServer[];
  readonly #clients: readonly {readonly node: number; readonly client: RawClient}[];

  constructor(nodes: readonly ListeningServer[], connectionsPerNode: number) {
    this.#nodes = nodes;
    this.#clients = nodes.flatMap((server, node) =>
      Array.from({length: connectionsPerNode}, () => ({node, client: new RawClient(server)})),
    );
  }

  /** Sends `request` until each node has accepted some, then has `change` made meanwhile, until each has answered some more. */
  async seeChange(request: WireRequest, change: () => Promise<void>): Promise<Seen> {
    const shots: Shot[] = [];
    let isOver = false;
    const fire = this.#clients.map(async ({node, client}) => {
      while (!isOver) {
        const sentAt = performance.now();
        const {status, text} = await client.send(request);
        shots.push({node, sentAt, answeredAt: performance.now(), status, text});
      }
    });
    const byNode = (matches: (shot: Shot) => boolean): number[] =>
      this.#nodes.map((_, node) => shots.filter((shot) => shot.node === node && matches(shot)).length);
    const enough = async (matches: (shot: Shot) => boolean): Promise<void> => {
      const start = performance.now();
      while (!byNode(matches).every((count) => count >= ENOUGH)) {
        if (performance.now() - start > PATIENCE_MS) throw new Error('The nodes do not answer.');
        await Promise.race([sleep(2), ...fire]);
      }
    };
    try {
      await enough(({status}) => status === 200);
      const changedAt = performance.now();
      await change();
      const answeredAt = performance.now();
      await enough(({sentAt}) => sentAt > answeredAt);
      isOver = true;
      await Promise.all(fire);
      const after = shots.filter(({sentAt}) => sentAt > answeredAt);
      const isAccepted = ({status}: Shot): boolean => status < 300;
      return {
        acceptedBefore: byNode((shot) => isAccepted(shot) && shot.answeredAt < changedAt),
        inFlight: byNode((shot) => shot.sentAt <= answeredAt && shot.answeredAt > answeredAt),
        sentAfter: byNode(({sentAt}) => sentAt > answeredAt),
        acceptedAfter: after.filter(isAccepted),
        statusesAfter: new Set(after.filter((shot) => !isAccepted(shot)).map(({status}) => status)),
      };
    } finally {
      isOver = true;
      await Promise.allSettled(fire);
    }
  }

  close(): void {
    for (const {client} of this.#clients) client.close();
  }
}
