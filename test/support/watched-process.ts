import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import type {Socket} from 'node:net';
import {createInterface} from 'node:readline';
import type {Readable} from 'node:stream';

/** Ends the process and removes the directory where its standard input ends without a line: where whoever started it is gone. */
const WATCHDOG = `read -r _ && exit 0
kill -s "$1" "$2" 2>/dev/null
for _ in $(seq 50); do kill -0 "$2" 2>/dev/null || break; sleep 0.1; done
rm -rf "$3"`;
const KEPT_LINES = 50;

export interface WatchedProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Who it runs as. Default: who we run as. */
  readonly user?: {readonly uid: number; readonly gid: number} | undefined;
  /** Where its data is: removed when this process ends, not when it ends. */
  readonly directory: string;
  /** Sent to it when this process ends. Default: KILL */
  readonly lastSignal?: 'KILL' | 'QUIT';
}

/** A server that does not outlive this process, however this process ends, and that does not keep it from ending. */
export class WatchedProcess {
  readonly #child: ChildProcess;
  readonly #watchdog: ChildProcess;
  readonly #output: string[] = [];

  private constructor(child: ChildProcess, watchdog: ChildProcess) {
    this.#child = child;
    this.#watchdog = watchdog;
  }

  /** Starts it, and resolves with what `ready` matches in a line that it writes. @throws Error with what it wrote, where it ends before */
  static async start(
    {command, args, environment, user, directory, lastSignal = 'KILL'}: WatchedProcessOptions,
    ready: RegExp,
  ): Promise<{process: WatchedProcess; matched: RegExpMatchArray}> {
    const child = spawn(command, args, {
      // In a group of its own: the interrupt key is not meant for it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC', ...environment},
      ...user,
    });
    await once(child, 'spawn');
    const watchdog = spawn('sh', ['-c', WATCHDOG, 'sh', lastSignal, String(child.pid), directory], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const watched = new WatchedProcess(child, watchdog);
    const matched = await watched.#waitFor(ready);
    for (const handle of [child, watchdog]) handle.unref();
    for (const pipe of [child.stdout, child.stderr, watchdog.stdin]) (pipe as Socket).unref();
    return {process: watched, matched};
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The last lines that it wrote. */
  get output(): string {
    return this.#output.join('\n');
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.ref();
      this.#child.kill(signal);
      await exited;
    }
    this.#dismissWatchdog();
  }

  #dismissWatchdog(): void {
    if (!this.#watchdog.stdin!.writableEnded) this.#watchdog.stdin!.end('\n');
  }

  async #waitFor(ready: RegExp): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const read = (stream: Readable): void => {
        createInterface({input: stream}).on('line', (line) => {
          this.#output.push(line);
          if (this.#output.length > KEPT_LINES) this.#output.shift();
          const matched = ready.exec(line);
          if (matched) resolve(matched);
        });
      };
      read(this.#child.stdout!);
      read(this.#child.stderr!);
      this.#child.once('close', () => {
        this.#dismissWatchdog();
        reject(new Error(`${this.#child.spawnfile} ended: ${this.output}`));
      });
    });
  }
}
