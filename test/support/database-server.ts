/** A database server that tests start, each with data of its own, and stop. */
export interface DatabaseServer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** @returns the URL (WEBKMS_STORAGE) of a new and empty database */
  createDatabase(): Promise<string>;
  /** Closes all connections to it first. */
  dropDatabase(url: string): Promise<void>;
  /** Ends the server as an operator does, or with SIGKILL; its data is kept where it keeps any on disk. */
  halt(signal?: 'SIGKILL'): Promise<void>;
  /** Starts it again, on the same port. */
  resume(): Promise<void>;
  /** Halts it and resumes. */
  restart(): Promise<void>;
  /** Ends it for good, and removes its data. */
  stop(): Promise<void>;
}
