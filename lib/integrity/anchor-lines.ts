/** The file is not an anchor, or not a whole one, or not one of this store. The message is for the operator. */
export class AnchorError extends Error {
  override readonly name = 'AnchorError';
  readonly code = 'ERR_ANCHOR';
}

/** What each line of an anchor says, by its `type`; each is a JSON object. In this order, but for what the comments say. */
export interface AnchorEntries {
  /** The first line. `store` is the id of the server's own root key; `keyVersion` authenticates the anchor. */
  readonly anchor: {
    readonly format: number;
    /** ISO 8601. */
    readonly createdAt: string;
    readonly store: string;
    readonly keyVersionId: string;
    readonly keyVersion: number;
  };
  /** The digest is of what never changes of a root wrapper. */
  readonly root: {readonly id: string; readonly digest: string};
  /** A scope's keys: `newest` is a version per purpose. */
  readonly scope: {readonly scope: string; readonly rootKeyId: string; readonly newest: object};
  readonly keystore: {readonly id: string; readonly sequence: number; readonly digest: string};
  /** After its keystore: `id` is the local one. */
  readonly key: {readonly id: string; readonly sequence: number; readonly digest: string};
  /** After its keystore; milliseconds since the epoch. */
  readonly revocation: {
    readonly delegator: string;
    readonly capabilityId: string;
    readonly expiresAt: number;
  };
  /** The last line: how many are before it, and the MAC of these (base64url). */
  readonly end: {readonly lines: number; readonly mac: string};
}

export type AnchorEntry = {
  readonly [T in keyof AnchorEntries]: {readonly type: T} & AnchorEntries[T];
}[keyof AnchorEntries];

export const ANCHOR_FORMAT = 1;

type MemberTypes<T extends keyof AnchorEntries> = Readonly<
  Record<keyof AnchorEntries[T], 'string' | 'number' | 'object'>
>;

const MEMBERS: {readonly [T in keyof AnchorEntries]: MemberTypes<T>} = {
  anchor: {
    ...{format: 'number', createdAt: 'string', store: 'string'},
    ...{keyVersionId: 'string', keyVersion: 'number'},
  },
  root: {id: 'string', digest: 'string'},
  scope: {scope: 'string', rootKeyId: 'string', newest: 'object'},
  keystore: {id: 'string', sequence: 'number', digest: 'string'},
  key: {id: 'string', sequence: 'number', digest: 'string'},
  revocation: {delegator: 'string', capabilityId: 'string', expiresAt: 'number'},
  end: {lines: 'number', mac: 'string'},
};

const isType = (type: unknown): type is keyof AnchorEntries =>
  typeof type === 'string' && Object.hasOwn(MEMBERS, type);

/** @param line without its line feed. @throws AnchorError */
export function parseAnchorLine(line: string): AnchorEntry {
  const entry = parseObject(line);
  if (!isType(entry['type'])) throw new AnchorError('The file is not an anchor.');
  for (const [member, type] of Object.entries(MEMBERS[entry['type']])) {
    const value = entry[member];
    if (typeof value !== type || value === null) throw new AnchorError('The file is not an anchor.');
  }
  return entry as unknown as AnchorEntry;
}

export function formatAnchorLine(entry: AnchorEntry): string {
  return JSON.stringify(entry);
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The parser's message quotes its input.
  }
  if (typeof value !== 'object' || value === null) throw new AnchorError('The file is not an anchor.');
  return value as Record<string, unknown>;
}
