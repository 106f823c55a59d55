import {keyModuleStatus, type KeyModuleStatus} from '../../key-modules/module-status.ts';
import type {RootStatus} from '../../sealing/root-status.ts';
import type {SelfCheckReport} from '../../self-check/self-check-report.ts';
import type {WorkerStatus} from '../../processes/messages.ts';
import type {AdminOperation} from '../admin-operation.ts';
import {packageVersion} from '../../package-version.ts';
import {noParameters} from '../parameters.ts';

export interface AdminStatus {
  /** Of the program that answers. */
  readonly release: string;
  /** Whether no root of trust is open: nothing that needs keys works. */
  readonly sealed: boolean;
  /** Whether the store has a root of trust at all. */
  readonly initialized: boolean;
  readonly roots: readonly RootStatus[];
  readonly keyModules: readonly KeyModuleStatus[];
  /** Of a server of several processes. */
  readonly workers?: readonly WorkerStatus[];
  /** Of a running server: whether its files are those of its manifest. */
  readonly selfCheck?: SelfCheckReport;
  /** The job that is at work or waiting, if there is one. */
  readonly job?: {readonly id: string; readonly steps: readonly string[]; readonly scope?: string};
}

export const status: AdminOperation<undefined, AdminStatus> = {
  name: 'status',
  whileSealed: true,
  parse: noParameters,
  async run({root, rootWatch, stores, keyModules, workers, selfCheck}) {
    await root.refresh();
    const [modules] = await Promise.all([keyModuleStatus(keyModules), rootWatch.look()]);
    const roots = rootWatch.status();
    const unfinished = await stores.jobs.findUnfinished();
    return {
      release: packageVersion(),
      sealed: root.isSealed(),
      initialized: roots.length > 0,
      roots,
      keyModules: modules,
      ...(workers && {workers: await workers()}),
      ...(selfCheck && {selfCheck: await selfCheck.report()}),
      ...(unfinished && {
        job: {
          id: unfinished.id,
          steps: unfinished.steps,
          ...(unfinished.scope !== undefined && {scope: unfinished.scope}),
        },
      }),
    };
  },
};
