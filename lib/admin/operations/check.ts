import {access, constants, stat} from 'node:fs/promises';
import {isAbsolute} from 'node:path';
import {checkDatabase} from '../../integrity/check.ts';
import {formatFinding} from '../../integrity/finding.ts';
import {readLines} from '../../integrity/read-lines.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {optionalText, readParameters} from '../parameters.ts';

export interface CheckParameters {
  /** Absolute path of an anchor, which the server's user can read. */
  readonly anchor?: string;
}

export interface CheckResult {
  /** Where there are any, the operator's command fails. */
  readonly errors: number;
  readonly notes: number;
}

/** `webkms admin check [--anchor FILE]`: writes a line for each finding. */
export const check: AdminOperation<CheckParameters, CheckResult> = {
  name: 'check',
  whileSealed: false,

  parse(parameters) {
    const path = optionalText(readParameters(parameters, ['anchor']), 'anchor');
    if (path === undefined) return {};
    if (!isAbsolute(path)) throw new AdminError('invalid', 'The path of the anchor is not absolute.');
    return {anchor: path};
  },

  async run({stores, authenticator, hierarchy, root, keyModules}, {anchor: path}, {write, report, signal}) {
    if (path !== undefined) await assertReadable(path);
    const counts = {error: 0, note: 0};
    const findings = checkDatabase({
      ...{stores, authenticator, wrappers: hierarchy, roots: root, keyModules, report, signal},
      now: Date.now(),
      readAnchor: path === undefined ? undefined : () => readLines(path),
    });
    for await (const finding of findings) {
      counts[finding.severity]++;
      await write(formatFinding(finding));
    }
    return {errors: counts.error, notes: counts.note};
  },
};

/** Before all else: a check may take long. */
async function assertReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    if ((await stat(path)).isFile()) return;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    const message = `The anchor ${path} cannot be read by the server's user${code}.`;
    throw new AdminError('not-found', message, {cause});
  }
  throw new AdminError('not-found', `The anchor ${path} is no file.`);
}
