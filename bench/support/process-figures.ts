import {readdirSync, readFileSync} from 'node:fs';

/** Of /proc/<pid>/stat: USER_HZ. */
const TICKS_PER_SECOND = 100;

/** CPU that a process and all it began have used so far, user and system, in microseconds. Linux only (/proc). */
export function cpuMicroseconds(pid: number): number {
  return treeOf(pid).reduce((total, each) => total + ofThreads(each), 0);
}

/** What a process and all it began hold in memory, resident. */
export function memoryMB(pid: number): number {
  return treeOf(pid).reduce((total, each) => total + residentMB(each), 0);
}

/** For how long processors have had nothing to do, all of them together, since the machine began. */
export function idleSeconds(): number {
  const [, , , , idle, ioWait] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 6).map(Number);
  return ((idle ?? NaN) + (ioWait ?? NaN)) / TICKS_PER_SECOND;
}

/** A process and those that it and they began. */
function treeOf(pid: number): readonly number[] {
  return [
    pid,
    ...threadsOf(pid)
      .flatMap((thread) => childrenOf(pid, thread))
      .flatMap(treeOf),
  ];
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function childrenOf(pid: number, thread: string): readonly number[] {
  try {
    return (readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').match(/[0-9]+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}

/** To the nanosecond where the kernel says it by thread (threads that have ended are left out), else in ticks of 10 ms. */
function ofThreads(pid: number): number {
  try {
    return threadsOf(pid)
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((total, nanoseconds) => total + nanoseconds / 1000, 0);
  } catch {
    const stat = statOf(pid);
    return stat ? ((Number(stat[11]) + Number(stat[12])) * 1e6) / TICKS_PER_SECOND : 0;
  }
}

/** The fields after the name, which may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

function residentMB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+([0-9]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
