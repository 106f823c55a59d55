import type {FileFinding} from './check-files.ts';

export interface SelfCheckSettings {
  readonly mode: 'warn' | 'enforce' | 'off';
  /** Absolute path; undefined: that of the build. */
  readonly manifest: string | undefined;
}

/** How a program stands to its manifest. */
export interface SelfCheckReport {
  readonly mode: SelfCheckSettings['mode'];
  /** `changed`: by any check since the process began; `none`: there is no manifest; `unusable`: it cannot be used. */
  readonly result: 'passed' | 'changed' | 'none' | 'unusable' | 'unchecked';
  /** Of the manifest. */
  readonly digest?: string;
  /** How many files of the manifest were looked at. */
  readonly files?: number;
  /** Of all checks since the process began. */
  readonly findings?: readonly FileFinding[];
  /** When the last check ended: milliseconds since the epoch. */
  readonly checkedAt?: number;
  /** Why the manifest cannot be used. */
  readonly problem?: string;
}

/** Who reports, in this process or from another. */
export interface SelfCheckSource {
  /** @returns what was found so far. */
  report(): Promise<SelfCheckReport>;
  /** Looks at all files now. */
  check(): Promise<SelfCheckReport>;
}
