import {expect} from 'chai';
import type {AdminCall} from '../../lib/admin/admin-operation.ts';
import {backup} from '../../lib/admin/operations/backup.ts';
import type {KeyManagement} from '../../lib/key-management.ts';

const CALL = {report: () => undefined, signal: new AbortController().signal} as unknown as AdminCall;

describe('a backup', () => {
  for (const [kind, means] of [
    ['postgres', 'pg_dump'],
    ['mongodb', 'mongodump'],
  ] as const) {
    it(`of ${kind} is refused: it names what makes one, and not a move, after which the store is old`, async () => {
      const management = {settings: {storage: {kind}}, stores: {}} as unknown as KeyManagement;
      const error: unknown = await backup
        .run(management, {path: '/nowhere/backup'}, CALL)
        .catch((thrown: unknown) => thrown);
      expect(error).to.include({name: 'AdminError', reason: 'refused'});
      expect((error as Error).message)
        .to.include(means)
        .and.not.include('migrate');
    });
  }
});
