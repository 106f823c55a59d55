/** For how long a piece of work goes on before requests that came meanwhile are looked at. */
const SLICE_MS = 2;

const waiting: (() => void)[] = [];

/** Of all long work of the process one slice each time that the event loop comes round, however many do long work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(goOn);
  });
}

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}

let end: Promise<void> | undefined;

/**
 * Resolves when everything else that came in this turn of the event loop was looked at: for all who wait at once, so that
 * what they send then goes out together.
 */
export function endOfTurn(): Promise<void> {
  end ??= new Promise((resolve) => {
    setImmediate(() => {
      end = undefined;
      resolve();
    });
  });
  return end;
}

/** Lets long work on the event loop give way to everything else, again and again. */
export class Turns {
  #sliceEnd = performance.now() + SLICE_MS;

  /** Between two steps, each of which takes much less than a slice: others get their turn where a slice is over. */
  async next(): Promise<void> {
    if (performance.now() < this.#sliceEnd) return;
    await nextTurn();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }
}

/** `items.map(work)` in turns: so many `atOnce`, which together take less than a slice, and then the next. */
export async function mapInTurns<T, R>(
  items: readonly T[],
  work: (item: T) => R | Promise<R>,
  {atOnce = 1}: {readonly atOnce?: number} = {},
): Promise<Awaited<R>[]> {
  const turns = new Turns();
  const results: Awaited<R>[] = [];
  for (let begun = 0; begun < items.length; begun += atOnce) {
    results.push(...(await Promise.all(items.slice(begun, begun + atOnce).map(work))));
    await turns.next();
  }
  return results;
}
