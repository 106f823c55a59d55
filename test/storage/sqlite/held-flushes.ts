import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';

type Done = (error: Error | null) => void;

/** Flushes that end when the test says so. */
export class HeldFlushes {
  /** Called when one has begun; `end` ends it, with an error where one is given. */
  onBegun: (end: (error?: Error) => void) => void = (end) => end();

  /** While `work` is done; connections have to be opened in it. */
  static async during(work: (flushes: HeldFlushes) => Promise<void>): Promise<void> {
    const held = new HeldFlushes();
    const {fdatasync} = fs;
    const replacement = (_file: number, done: Done): void => held.onBegun((error) => done(error ?? null));
    Object.assign(fs, {fdatasync: replacement});
    syncBuiltinESMExports();
    try {
      await work(held);
    } finally {
      Object.assign(fs, {fdatasync});
      syncBuiltinESMExports();
    }
  }
}
