/** Nobody waits for it any longer. */
export class TimeUpError extends Error {
  override readonly name = 'TimeUpError';

  constructor() {
    super('The time that an operation has is up.');
  }
}

/** What `running` gives, if it is done in time. @throws TimeUpError */
export async function endsWithin<T>(ms: number, running: Promise<T>): Promise<T> {
  const {promise: timeUp, reject} = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new TimeUpError());
  }, ms);
  try {
    return await Promise.race([running, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
