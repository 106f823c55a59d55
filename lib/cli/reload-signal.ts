import {closeSync, openSync} from 'node:fs';

/** What is needed of `process`. */
export interface ReloadSource {
  on(signal: 'SIGHUP', listener: () => void): unknown;
  kill(pid: number, signal: 'SIGTERM'): unknown;
  readonly pid: number;
}

/** A terminal's hang-up may come twice: by itself, and passed on by the launcher. */
const SAME_SIGNAL_MS = 500;

/**
 * Calls `reload` on SIGHUP. Where a server was started at a terminal and that has gone, the same signal means that: then the
 * server is stopped, as by SIGTERM.
 */
export function onReloadSignal(
  source: ReloadSource,
  reload: () => void,
  {
    hasTerminal = isTerminalThere,
    now = performance.now.bind(performance),
  }: {readonly hasTerminal?: () => boolean; readonly now?: () => number} = {},
): void {
  const hadTerminal = hasTerminal();
  let last = -Infinity;
  source.on('SIGHUP', () => {
    if (now() - last <= SAME_SIGNAL_MS) return;
    last = now();
    if (hadTerminal && !hasTerminal()) source.kill(source.pid, 'SIGTERM');
    else reload();
  });
}

/** Whether the process has a controlling terminal. */
function isTerminalThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
