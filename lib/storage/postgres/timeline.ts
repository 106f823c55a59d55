import {type ClientBase, DatabaseError} from 'pg';
import {type Row, text} from './row.ts';

/** Where a server is in the history of its cluster: each promotion of a standby begins a timeline with a greater number. */
export interface Timeline {
  readonly cluster: string;
  readonly number: number;
}

const READ = `SELECT (pg_control_system()).system_identifier::text AS cluster,
  pg_walfile_name(pg_current_wal_lsn()) AS segment`;

/** @returns undefined where the server does not say: services that are compatible with PostgreSQL */
export async function readTimeline(client: ClientBase): Promise<Timeline | undefined> {
  try {
    const [row = {}] = (await client.query<Row>(READ)).rows;
    return {cluster: text(row, 'cluster'), number: Number.parseInt(text(row, 'segment').slice(0, 8), 16)};
  } catch (error) {
    if (error instanceof DatabaseError) return undefined;
    throw error;
  }
}

/** The newest timeline that was seen. A primary of an older one was replaced, and does not know what was answered since. */
export class NewestTimeline {
  #newest: Timeline | undefined;

  note(timeline: Timeline | undefined): void {
    if (timeline && !this.isAfter(timeline)) this.#newest = timeline;
  }

  isAfter(timeline: Timeline | undefined): boolean {
    return (
      timeline !== undefined &&
      timeline.cluster === this.#newest?.cluster &&
      timeline.number < this.#newest.number
    );
  }
}
