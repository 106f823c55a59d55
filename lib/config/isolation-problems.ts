import type {SettingProblem} from './settings-error.ts';

/** What does not go with keys in a process of their own. */
export function isolationProblems({
  WEBKMS_ISOLATION: isolation,
  WEBKMS_ROOT_WRAPPER: root,
}: {
  readonly WEBKMS_ISOLATION: 'none' | 'process';
  readonly WEBKMS_ROOT_WRAPPER: string;
}): SettingProblem[] {
  if (isolation === 'none') return [];
  const problems: SettingProblem[] = [];
  if (root.startsWith('env:') || root.startsWith('passphrase:fd=')) {
    problems.push({
      variable: 'WEBKMS_ROOT_WRAPPER',
      problem:
        'is read by the process that answers requests, which is to have no key: name a file, or passphrase:prompt, since WEBKMS_ISOLATION is process',
    });
  }
  return problems;
}
