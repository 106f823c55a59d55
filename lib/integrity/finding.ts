export type FindingKind =
  /** What the database itself finds wrong in its file, references and constraints. */
  | 'database'
  /** The schema is not the one that this release needs. */
  | 'schema'
  | 'root-wrapper'
  /** A scope's keys. */
  | 'keys'
  | 'keystore'
  | 'key'
  | 'revocation'
  /** The anchor itself. */
  | 'anchor';

/** Something that a check found. */
export interface Finding {
  /** `error`: what is there is not what the server wrote, or not all of it. `note`: for a person to judge. */
  readonly severity: 'error' | 'note';
  readonly kind: FindingKind;
  /** Which record: a URL, a scope or an id; empty where it is the whole database. */
  readonly record: string;
  /** What is wrong, as a sentence for the operator; never a secret. */
  readonly message: string;
}

/** @returns one line. What the database says of itself may hold anything: controls are escaped. */
export function formatFinding({severity, kind, record, message}: Finding): string {
  const line = `${severity} ${kind}${record === '' ? '' : ` ${record}`}: ${message}`;
  return line.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (control) => `\\u{${control.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}
