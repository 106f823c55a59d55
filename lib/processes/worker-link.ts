import type {Rate} from '../config/parsers.ts';
import type {Limiter} from '../http/rate-limit.ts';
import type {PrometheusMetrics} from '../observability/prometheus-metrics.ts';
import type {HandedRoot} from '../sealing/handed-roots.ts';
import type {OtherProcess} from '../sealing/root-of-trust-options.ts';
import type {RootOfTrust} from '../sealing/root-of-trust.ts';
import {followRoots, giveRoots, receiveRoots} from '../sealing/sharing-roots.ts';
import {Channel, type ChannelPort} from './channel.ts';
import type {
  HandOverRequest,
  LimiterName,
  RootsChanged,
  WorkerListening,
  WorkerStart,
  WorkerStatus,
} from './messages.ts';
import {rateShares} from './rate-shares.ts';
import {SharedLimiter} from './shared-limiter.ts';

/** Others may have to start, and then to open what they were given. */
const FOLLOWED_MS = 30_000;
const HAND_OVER_MS = 5000;
const READY_MS = 3000;
const COUNTED_MS = 1000;

/** What a worker has to do with the primary and, by way of it, with the other workers. */
export class WorkerLink {
  readonly start: WorkerStart;
  /** For what else a worker and the primary have to do with each other. */
  readonly channel: Channel;

  private constructor(channel: Channel, start: WorkerStart) {
    this.channel = channel;
    this.start = start;
  }

  /** Resolves when the primary has said what this worker is. */
  static async connect(port: ChannelPort): Promise<WorkerLink> {
    const channel = new Channel(port);
    const {promise, resolve} = Promise.withResolvers<WorkerStart>();
    channel.on('start', (start) => resolve(start as WorkerStart));
    return new WorkerLink(channel, await promise);
  }

  listening(listening: WorkerListening): void {
    this.channel.tell('listening', listening);
  }

  /** It cannot begin. @param message for the person who has started the server */
  failed(message: string): void {
    this.channel.tell('failed', message);
  }

  /** It was told to end, and not by the primary: another is to take its place first. */
  resign(): void {
    this.channel.tell('resigns');
  }

  /** @param work done when the primary says so; what it rejects with, the primary gets as a message */
  on(event: 'lead' | 'retire' | 'stop', work: () => Promise<void>): void {
    this.channel.on(event, work);
  }

  /** What the other workers have open. @returns secrets that the caller overwrites */
  async rootsOfOthers(): Promise<OtherProcess> {
    const {sealed, isFirst} = this.start;
    return {sealed, roots: sealed || isFirst ? [] : await this.#receive()};
  }

  /** What is done with the roots of trust in one worker is done in all. */
  shareRoots(root: RootOfTrust): void {
    this.channel.on('hand-over', (request) => giveRoots(root, (request as HandOverRequest).point));
    this.channel.on('follow', async (changed) => {
      const {change, from} = changed as RootsChanged;
      await followRoots(root, change, () => this.#receive(from));
    });
    this.channel.on('is-sealed', () => root.isSealed());
    root.onLead(async (change) => {
      await this.channel.ask('roots-changed', {change} satisfies RootsChanged, {timeoutMs: FOLLOWED_MS});
    });
  }

  /** Counts for the whole server. */
  shareMetrics(metrics: PrometheusMetrics): () => Promise<void> {
    this.channel.on('metrics', () => metrics.values());
    return async () => {
      const values = await metrics.values();
      await this.channel.ask('counted', values, {timeoutMs: COUNTED_MS}).catch(() => undefined);
    };
  }

  /** Limits for all workers together. */
  limiter(limiter: LimiterName, rate: Rate): Limiter {
    const {workers, hasShare} = this.start;
    return new SharedLimiter({
      shares: rateShares(rate, workers),
      hasShare,
      take: async (wanted) => Number(await this.channel.ask('points', {limiter, ...wanted})),
    });
  }

  /** @param isReady whether this worker by itself can answer requests. @returns what rejects where another worker cannot */
  shareReadiness(isReady: () => Promise<boolean>): () => Promise<void> {
    this.channel.on('is-ready', isReady);
    return async () => {
      const unready = await this.channel.ask('siblings-ready', undefined, {timeoutMs: READY_MS});
      if (Array.isArray(unready) && unready.length > 0) {
        throw new Error(`Other workers cannot answer requests: ${unready.join(', ')}.`);
      }
    };
  }

  async workers(): Promise<readonly WorkerStatus[]> {
    return (await this.channel.ask('workers')) as readonly WorkerStatus[];
  }

  async #receive(from?: number): Promise<readonly HandedRoot[]> {
    return receiveRoots((point) => {
      const request: HandOverRequest = {point, ...(from !== undefined && {from})};
      return this.channel.ask('hand-over', request, {timeoutMs: HAND_OVER_MS});
    });
  }
}
