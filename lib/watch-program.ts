import type {Logger} from 'pino';
import type {Metrics} from './observability/metrics.ts';
import {describeFindings, nameFindings} from './self-check/describe-findings.ts';
import type {SelfCheckReport} from './self-check/self-check-report.ts';
import type {SelfCheck} from './self-check/self-check.ts';

/** Requests come first: the server has just begun. */
const BEGINS_AFTER_MS = 1000;

/** Has a program that serves look at its own files, where that was not done before it began; what is found, now and later, is logged. */
export function watchProgram(
  selfCheck: SelfCheck,
  {log, metrics}: {readonly log: Logger; readonly metrics: Metrics},
): void {
  selfCheck.onChecked((report) => {
    if (report.result !== 'none') metrics.selfCheck(report.result);
    tell(report, log);
  });
  const look = async (): Promise<void> => {
    const {mode, result} = await selfCheck.report();
    if (mode !== 'off' && result !== 'passed') await selfCheck.check();
  };
  const timer = setTimeout(() => {
    look().catch((err: unknown) => log.error({err}, 'the program could not be checked'));
  }, BEGINS_AFTER_MS);
  timer.unref();
}

function tell(report: SelfCheckReport, log: Logger): void {
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
