/** What is counted. Labels are constant words of ours, never something that a client sent. */
export interface Metrics {
  /** A request was answered. `route` is the route's name. */
  request(route: string, status: number, seconds: number): void;
  /** A request was refused; `reason` is a `NotAllowedError`'s reason or an error's code. */
  refusal(reason: string): void;
  /** A named part of a request took so long. */
  stage(name: string, seconds: number): void;
  /** A cache was asked. */
  cache(name: string, hit: boolean): void;
  /** The server did something with a key by itself, or could not. */
  keyLifecycle(event: string): void;
  /** The program was compared with its manifest: a `SelfCheckReport`’s result. */
  selfCheck(result: string): void;
  /** A call over the IPC socket was answered: a capability's action, `done` or a refusal's reason. */
  ipcCall(action: string, outcome: string, seconds: number): void;
  /** How many connections of applications are open over the IPC socket now. */
  ipcConnections(open: number): void;
  /** A connection over the IPC socket was refused. */
  ipcRefusal(reason: string): void;
}

/** Counts nothing. */
export const NO_METRICS: Metrics = Object.freeze({
  request: () => undefined,
  refusal: () => undefined,
  stage: () => undefined,
  cache: () => undefined,
  keyLifecycle: () => undefined,
  selfCheck: () => undefined,
  ipcCall: () => undefined,
  ipcConnections: () => undefined,
  ipcRefusal: () => undefined,
});
