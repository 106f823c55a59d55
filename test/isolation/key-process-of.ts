import {readdirSync, readFileSync} from 'node:fs';

/** @returns the process ids of the key processes that a process has. */
export function keyProcessesOf(parent: number): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^[0-9]+$/.test(name)) return [];
    try {
      const status = readFileSync(`/proc/${name}/status`, 'latin1');
      const [, ppid] = /^PPid:\t([0-9]+)$/m.exec(status) ?? [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1');
      return Number(ppid) === parent && command.startsWith('webkms keys') ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Waits for the one that a process has, another than `before`. */
export async function keyProcessOf(parent: number, before?: number): Promise<number> {
  for (;;) {
    const found = keyProcessesOf(parent).find((pid) => pid !== before);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
