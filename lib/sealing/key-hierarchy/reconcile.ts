const BATCH = 32;

/** Does `make` for each scope, in batches. @returns for how many it gave true. */
export async function reconcile(
  scopes: Iterable<string> | AsyncIterable<string>,
  make: (scope: string) => Promise<boolean>,
): Promise<number> {
  let made = 0;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    const outcomes = await Promise.all(batch.map(make));
    made += outcomes.filter(Boolean).length;
    batch = [];
  };
  for await (const scope of scopes) {
    if (batch.push(scope) === BATCH) await flush();
  }
  await flush();
  return made;
}
