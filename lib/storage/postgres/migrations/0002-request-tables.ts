import {BIGINT, BYTES, INTEGER, nullable, POSITION, type Table, TEXT} from './table.ts';
import {immutable, type Trigger} from './trigger.ts';

const REVOCATION: Table = {
  name: 'revocation',
  columns: {
    position: POSITION,
    keystore: BIGINT,
    delegator: TEXT,
    capability_id: TEXT,
    // Of both together, which may be longer than an entry of an index.
    identity: BYTES,
    expires_at: BIGINT,
    revoker: TEXT,
    revoked_at: BIGINT,
    // Whose share of the keystore's revocations it takes; NULL: nobody's.
    charged_to: nullable(TEXT),
  },
  constraints: {
    revocation_pkey: 'PRIMARY KEY (position)',
    revocation_identity_key: 'UNIQUE (keystore, identity)',
    revocation_keystore_fkey: 'FOREIGN KEY (keystore) REFERENCES keystore(position) ON DELETE CASCADE',
    // As revocationIdentity makes it.
    revocation_identity: `CHECK (identity = sha256(convert_to(octet_length(delegator) || ':' || delegator || capability_id, 'UTF8')))`,
  },
  indexes: {
    revocation_keystore: 'keystore, position',
    revocation_charged_to: {columns: 'keystore, charged_to', where: 'charged_to IS NOT NULL'},
    revocation_expires_at: 'expires_at',
  },
};

const REPLAY: Table = {
  name: 'replay',
  columns: {digest: BYTES, expires_at: BIGINT},
  constraints: {
    replay_pkey: 'PRIMARY KEY (digest)',
    replay_digest: 'CHECK (length(digest) = 32)',
  },
  indexes: {replay_expires_at: 'expires_at'},
};

const LEASE: Table = {
  name: 'lease',
  columns: {name: TEXT, holder: TEXT, expires_at: BIGINT},
  constraints: {
    lease_pkey: 'PRIMARY KEY (name)',
    lease_name: `CHECK (name <> '')`,
    lease_holder: `CHECK (holder <> '')`,
  },
};

/** One row for the health check to write. */
const PROBE: Table = {
  name: 'probe',
  columns: {id: INTEGER, writes: BIGINT},
  constraints: {probe_pkey: 'PRIMARY KEY (id)', probe_only_row: 'CHECK (id = 1)'},
};

export const REQUEST_TABLES: readonly Table[] = [REVOCATION, REPLAY, LEASE, PROBE];

export const REQUEST_RULES: readonly Trigger[] = [immutable('revocation')];
