import type {Migration} from './migration.ts';

const LEASES = `
CREATE TABLE lease (
  name TEXT PRIMARY KEY CHECK (name <> ''),
  holder TEXT NOT NULL CHECK (holder <> ''),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

export const leases: Migration = {name: 'leases', sql: LEASES};
