import {AsyncLocalStorage} from 'node:async_hooks';

/** A worker whose messages are worked on. */
export interface WorkerAtWork {
  readonly number: number;
  kill(): void;
}

interface Doing {
  worker?: WorkerAtWork;
}

const doing = new AsyncLocalStorage<Doing>();

/** @param begin begins the worker: all that comes of what that says later on is its doing. */
export function asDoneBy<T extends WorkerAtWork>(begin: () => T): T {
  const started: Doing = {};
  return doing.run(started, () => (started.worker = begin()));
}

/** @returns the worker that has said what is worked on now; undefined where it is none */
export function workerAtWork(): WorkerAtWork | undefined {
  return doing.getStore()?.worker;
}
