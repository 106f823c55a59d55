import type {FileFinding} from './check-files.ts';
import type {SelfCheckReport} from './self-check-report.ts';

/** No more files are named in one text: the rest is counted. */
const MAX_NAMED = 20;

const RECORD = 'Record one of an installation that you trust: webkms admin self-check --record FILE';

/** For the operator. */
export function describeFindings({result, findings = [], problem, files}: SelfCheckReport): string {
  switch (result) {
    case 'passed':
      return `The program is what the manifest says: ${files ?? 0} files.`;
    case 'changed':
      return `The program is not what its manifest says: ${nameFindings(findings)}.`;
    case 'none':
      return `There is no manifest of the program. ${RECORD}`;
    case 'unusable':
      return `The manifest of the program cannot be used. ${problem ?? ''}`.trim();
    case 'unchecked':
      return 'The program was not checked yet.';
  }
}

/** `changed lib/a.ts, added lib/b.ts, and 5 more` */
export function nameFindings(findings: readonly FileFinding[]): string {
  const named = findings.slice(0, MAX_NAMED).map(formatFileFinding);
  const more = findings.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** Names are files', which may hold anything. */
export function formatFileFinding({problem, path}: FileFinding): string {
  return `${problem} ${/^[\x20-\x7e]+$/.test(path) ? path : JSON.stringify(path)}`;
}
