export interface HierarchyLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Does `refresh` every `intervalMs`, one at a time, for as long as the process runs for other reasons.
 * @returns a function that stops it.
 */
export function startRefreshing(
  refresh: () => Promise<void>,
  {intervalMs, log}: {readonly intervalMs: number; readonly log?: HierarchyLog | undefined},
): () => void {
  let failing = false;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    timer = setTimeout(() => void run(), intervalMs).unref();
  };
  let stopped = false;
  const run = async (): Promise<void> => {
    try {
      await refresh();
      if (failing) log?.info({}, 'changes of the key hierarchy can be read again');
      failing = false;
    } catch (err) {
      if (!failing && !stopped) log?.warn({err}, 'changes of the key hierarchy cannot be read');
      failing = true;
    }
    if (!stopped) next();
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
