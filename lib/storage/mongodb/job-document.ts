import type {StoredMaintenanceJob} from '../maintenance-job-store.ts';
import type {StoredDocument} from './collections.ts';
import {integer, list, oneOf, optional, text} from './stored-values.ts';

const STEPS = ['rotate', 'rewrap', 'prune'] as const;

export const toJob = (document: StoredDocument): StoredMaintenanceJob => ({
  id: text(document['_id']),
  steps: list(document['steps']).map((step) => oneOf(STEPS, step)),
  ...optional('scope', document['scope'], text),
  createdAt: integer(document['createdAt']),
  ...optional('rotateBefore', document['rotateBefore'], integer),
  ...optional('progress', document['progress'], text),
  ...optional('finishedAt', document['finishedAt'], integer),
  ...optional('failure', document['failure'], text),
});
