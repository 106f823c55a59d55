import type {SettingProblem} from './settings-error.ts';

/** What does not go with keys in a process of their own. */
export function isolationProblems({
  WEBKMS_ISOLATION: isolation,
  WEBKMS_ROOT_WRAPPER: root,
  WEBKMS_OTHER_ROOT_WRAPPERS: others,
}: {
  readonly WEBKMS_ISOLATION: 'none' | 'process';
  readonly WEBKMS_ROOT_WRAPPER: string;
  readonly WEBKMS_OTHER_ROOT_WRAPPERS: readonly string[];
}): SettingProblem[] {
  if (isolation === 'none') return [];
  const problem =
    'is read by the process that answers requests, which is to have no key: name a file, or passphrase:prompt, since WEBKMS_ISOLATION is process';
  return [
    ...(isReadHere(root) ? [{variable: 'WEBKMS_ROOT_WRAPPER', problem}] : []),
    ...(others.some(isReadHere) ? [{variable: 'WEBKMS_OTHER_ROOT_WRAPPERS', problem}] : []),
  ];
}

function isReadHere(uri: string): boolean {
  return uri.startsWith('env:') || uri.startsWith('passphrase:fd=');
}
