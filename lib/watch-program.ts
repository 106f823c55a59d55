import type {Logger} from 'pino';
import {describeFindings, nameFindings} from './self-check/describe-findings.ts';
import type {SelfCheck} from './self-check/self-check.ts';

/** Requests come first: the server has just begun. */
const BEGINS_AFTER_MS = 1000;

/** Has a program that serves look at its own files, where that was not done before it began, and says in the log what it found. */
export function watchProgram(selfCheck: SelfCheck, log: Logger): void {
  const timer = setTimeout(() => {
    look(selfCheck, log).catch((err: unknown) => log.error({err}, 'the program could not be checked'));
  }, BEGINS_AFTER_MS);
  timer.unref();
}

async function look(selfCheck: SelfCheck, log: Logger): Promise<void> {
  const {mode, result} = await selfCheck.report();
  if (mode === 'off' || result === 'passed') return;
  const report = await selfCheck.check();
  const {digest, files, findings = []} = report;
  switch (report.result) {
    case 'passed':
      log.info({program: digest, files}, 'the program is what its manifest says');
      break;
    case 'changed':
      log.warn(
        {program: digest, count: findings.length, files: nameFindings(findings)},
        'the program is not what its manifest says',
      );
      break;
    case 'unusable':
      log.warn({reason: describeFindings(report)}, 'the program cannot be checked');
      break;
    // A program that runs from its sources has none, unless one was recorded.
    case 'none':
    case 'unchecked':
      break;
  }
}
