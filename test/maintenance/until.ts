import {setTimeout as sleep} from 'node:timers/promises';

/** Looks again and again, until it finds something. @throws after `withinMs` */
export async function until<T>(look: () => Promise<T | undefined | false>, withinMs = 45_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error('It did not come about.');
    await sleep(10);
  }
}
