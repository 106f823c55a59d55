import type {MakeRequests} from '../scene/requests.ts';
import type {LimitWork} from '../servers/limit-work.ts';

/** What is measured side by side. */
export type ColumnName = 'limit' | 'express' | 'reference' | 'beside' | 'server';

/** One kind of request. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** What cannot be done without: so many Ed25519 verifications, and the work. */
  readonly limit: {readonly verifications: number; readonly work: LimitWork; readonly method?: 'GET'};
  readonly make: MakeRequests;
  /** What the reference is asked, where it makes no difference to it and costs less to make; null: it has no such thing. */
  readonly makeForReference?: MakeRequests | null;
  /** Whether the requests are to be refused, with whatever 4xx. */
  readonly isRefused?: boolean;
  /** Requests of one measurement, at most: where each takes long to make. */
  readonly most?: number;
}
