import {isAbsolute} from 'node:path';
import {checkDatabase} from '../../integrity/check.ts';
import {formatFinding} from '../../integrity/finding.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {openAnchor} from '../anchor-file.ts';
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

  async run(
    {stores, authenticator, hierarchy, root, keyModules},
    {anchor: path},
    {write, report, anchorLines, signal},
  ) {
    const readAnchor = path === undefined ? undefined : (anchorLines ?? (await openAnchor(path)));
    const counts = {error: 0, note: 0};
    const findings = checkDatabase({
      ...{stores, authenticator, wrappers: hierarchy, roots: root, keyModules, report, signal},
      now: Date.now(),
      readAnchor,
    });
    for await (const finding of findings) {
      counts[finding.severity]++;
      await write(formatFinding(finding));
    }
    return {errors: counts.error, notes: counts.note};
  },
};
