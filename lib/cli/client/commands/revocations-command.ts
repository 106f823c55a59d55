import type {ClientCommand} from '../client-command.ts';
import type {ListedRevocation} from '../client-connection.ts';
import {columns} from '../columns.ts';

export const revocationsCommand: ClientCommand = {
  help: [
    'Lists the capabilities that were revoked in the keystore and have not expired: when, and who delegated them.',
  ],
  examples: ['revocations', 'revocations --json'],
  run: async ({io, print, connect}) => {
    const authority = (await connect()).authority();
    const revocations: ListedRevocation[] = [];
    for await (const revocation of authority.revocations()) {
      io.interrupted.throwIfAborted();
      revocations.push(revocation);
    }
    print(
      revocations,
      columns([
        ['CAPABILITY', 'REVOKED', 'EXPIRES', 'DELEGATOR'],
        ...revocations.map(({id, revoked, expires, delegator}) => [id, revoked, expires, delegator]),
      ]),
    );
    return 0;
  },
};
