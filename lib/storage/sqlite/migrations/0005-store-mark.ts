import type {Migration} from './migration.ts';

const MARK = `
-- What a move to or from another store has made of this one: at most one row.
CREATE TABLE store_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL CHECK (state IN ('filling', 'whole', 'moving', 'moved')),
  move_id TEXT NOT NULL CHECK (move_id <> ''),
  -- The other store, without a secret.
  other TEXT NOT NULL CHECK (other <> ''),
  since INTEGER NOT NULL,
  progress TEXT CHECK (progress IS NULL OR state = 'filling')
) STRICT;
`;

export const storeMark: Migration = {name: 'store mark', sql: MARK};
