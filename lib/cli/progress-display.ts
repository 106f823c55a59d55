/** How far a long piece of work is. */
export interface Progress {
  /** E.g. `rotating`. */
  readonly step: string;
  readonly done: number;
  /** Absent where it is not known. */
  readonly total?: number;
}

/** What is needed of standard error. */
export interface ProgressScreen {
  readonly isTTY?: boolean;
  /** 0 where the terminal does not know. */
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 1_000;
/** A line comes after this even where little has happened. */
const PATIENCE_MS = 30_000;
const SHARE_PER_LINE = 0.1;
const MAX_BAR_CELLS = 40;
const DEFAULT_COLUMNS = 80;
/** Carriage return, erase the line. */
const ERASE = '\r\u001b[2K';

/** Shows progress: as a bar on a terminal, else as lines, of which there are few. */
export class ProgressDisplay {
  readonly #screen: ProgressScreen;
  readonly #now: () => number;
  #shown: (Progress & {readonly at: number}) | undefined;
  #barVisible = false;

  constructor(screen: ProgressScreen, now: () => number = performance.now.bind(performance)) {
    this.#screen = screen;
    this.#now = now;
  }

  readonly report = (progress: Progress): void => {
    const at = this.#now();
    if (!this.#isDue(progress, at)) return;
    this.#shown = {...progress, at};
    if (this.#screen.isTTY !== true) {
      this.#screen.write(`${describe(progress)}\n`);
      return;
    }
    this.#barVisible = true;
    this.#screen.write(ERASE + bar(progress, this.#screen.columns));
  };

  /** To be called before anything else is written to the terminal. */
  clear(): void {
    if (this.#barVisible) this.#screen.write(ERASE);
    this.#barVisible = false;
  }

  #isDue(progress: Progress, at: number): boolean {
    const shown = this.#shown;
    if (shown?.step !== progress.step) return true;
    const isEnd = progress.done === progress.total;
    if (isEnd) return shown.done !== progress.done;
    const elapsed = at - shown.at;
    if (this.#screen.isTTY === true) return elapsed >= BAR_INTERVAL_MS;
    if (elapsed >= PATIENCE_MS) return true;
    const share = (progress.done - shown.done) / (progress.total ?? Infinity);
    return elapsed >= LINE_INTERVAL_MS && share >= SHARE_PER_LINE;
  }
}

function describe({step, done, total}: Progress): string {
  if (total === undefined) return `${step}: ${done}`;
  return `${step}: ${done} of ${total} (${Math.floor(100 * share({done, total}))} %)`;
}

/** One line, shorter than the terminal is wide. */
function bar(progress: Progress, width: number | undefined): string {
  const columns = width === undefined || width === 0 ? DEFAULT_COLUMNS : width;
  const text = describe(progress);
  const cells = Math.min(MAX_BAR_CELLS, columns - text.length - 4);
  if (progress.total === undefined || cells < 5) return text.slice(0, Math.max(0, columns - 1));
  const full = Math.round(cells * share({done: progress.done, total: progress.total}));
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}] ${text}`;
}

function share({done, total}: {readonly done: number; readonly total: number}): number {
  return total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
}
