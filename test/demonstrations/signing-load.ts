import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {LoadPhase, SigningLoadOptions} from './signing-load-process.ts';

export type {LoadPhase, SigningLoadOptions} from './signing-load-process.ts';

const PROGRAM = fileURLToPath(new URL('./signing-load-process.ts', import.meta.url));

/** A steady load of signatures from a process of its own. */
export class SigningLoad {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(options: SigningLoadOptions) {
    const child = spawn(process.execPath, [PROGRAM], {stdio: ['pipe', 'pipe', 'inherit']});
    this.#child = child;
    this.#lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
    child.stdin.write(`${JSON.stringify(options)}\n`);
  }

  /** Ends a phase, and begins the next. @returns what it was like */
  async phase(name: string): Promise<LoadPhase> {
    this.#child.stdin?.write(`${name}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('The load ended.');
    return JSON.parse(line.value) as LoadPhase;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }
}
