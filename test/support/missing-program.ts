import type {Context} from 'mocha';

/** Skips the test, or all tests of the hook's suite, with the reason. @throws where nothing may be missing, `CI=true` */
export function skipFor(context: Context, missing: string): never {
  if (process.env['CI'] === 'true') throw new Error(missing);
  console.log(`    skipped: ${missing}`);
  context.skip();
}
