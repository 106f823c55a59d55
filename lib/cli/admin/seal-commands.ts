import {AdminError} from '../../admin/admin-operation.ts';
import type {Initialized} from '../../admin/operations/init.ts';
import type {AdminStatus} from '../../admin/operations/status.ts';
import type {Unsealed} from '../../admin/operations/unseal.ts';
import {EXIT_FAILURE} from '../command.ts';
import type {AdminCommand} from './admin-command.ts';
import type {AdminIo} from './admin-io.ts';
import type {AdminConnection} from './connect.ts';
import {giveShares} from './give-shares.ts';
import {printShares} from './print-shares.ts';

const SHARE = 'webkms-share-';

export const sealCommand: AdminCommand = {
  name: 'seal',
  summary: 'Make the server forget all keys until it is unsealed',
  help: [
    'The server forgets all keys that are open and answers 503, until: webkms admin unseal',
    'A root of trust in an environment variable or a file descriptor opens again only when the server is restarted.',
  ],
  run: async ({connect, print, settings}) => {
    await using connection = await connect();
    if (!connection.online) throw noServer(settings.dataDir, 'sealed');
    const result = (await connection.call('seal')) as object;
    print(result, ['The server is sealed.']);
    return 0;
  },
};

export const unsealCommand: AdminCommand = {
  name: 'unseal',
  summary: 'Give shares to a sealed server, or to a root of trust that was added',
  help: [
    'Opens what needs nobody; then asks for shares, without echo, until a root of trust opens. Where standard input is no',
    'terminal, shares are its lines. What was given stays with the server: several people can each give theirs.',
    'Shares are never given as arguments, which others can see.',
  ],
  run: async ({connect, print, io, settings}) => {
    await using connection = await connect();
    if (!connection.online) throw noServer(settings.dataDir, 'unsealed');
    const before = (await connection.call('status')) as AdminStatus;
    if (before.sealed) {
      const {sealed} = (await connection.call('unseal')) as Unsealed;
      if (!sealed) {
        print({sealed: false}, ['The server is unsealed.']);
        return 0;
      }
    }
    if (!before.sealed && !before.roots.some(isWaiting)) {
      print({sealed: false}, ['The server is not sealed, and no root of trust waits for shares.']);
      return 0;
    }
    const opened = await open(connection, io, before);
    const {sealed, roots} = (await connection.call('status')) as AdminStatus;
    if (!opened) {
      const given = roots
        .filter(isWaiting)
        .map(({id, offered, threshold}) => `${id}: ${offered ?? 0} of ${threshold ?? 0}`);
      io.err(
        `webkms: not ${before.sealed ? 'unsealed' : 'opened'} yet. Shares given: ${given.join('; ') || 'none'}.`,
      );
      return EXIT_FAILURE;
    }
    print({sealed, roots}, [
      before.sealed ? 'The server is unsealed.' : 'The root of trust is open: its shares are good.',
    ]);
    return 0;
  },
};

export const initCommand: AdminCommand = {
  name: 'init',
  summary: 'Make the first root of trust of an empty store, in shares',
  help: [
    'For WEBKMS_ROOT_WRAPPER=shamir:<k>-of-<n> and an empty store: makes the root of trust and writes its shares to standard',
    'output, once, a line each. Then: webkms admin unseal',
  ],
  run: async ({connect, print, io}) => {
    await using connection = await connect({create: true});
    const result = (await connection.call('init')) as Initialized;
    printShares({print, io}, result);
    return 0;
  },
};

async function open(connection: AdminConnection, io: AdminIo, {roots}: AdminStatus): Promise<boolean> {
  const byPassphrase = roots.some(({open: isOpen, uri}) => !isOpen && uri === 'passphrase:prompt');
  return giveShares(io, async (text) => {
    if (byPassphrase && !text.startsWith(SHARE)) {
      const {sealed, roots} = (await connection.call('unseal', {passphrase: text})) as Unsealed;
      const root = roots.find(({uri}) => uri === 'passphrase:prompt');
      if (sealed || root?.open !== true) {
        throw new AdminError('refused', root?.reason ?? 'No root of trust was opened by the passphrase.');
      }
      return {rootWrapperId: root.id, given: 1, needed: 1, opened: true};
    }
    const {share} = (await connection.call('unseal', {share: text})) as Unsealed;
    if (!share) throw new AdminError('failed', 'The server does not say what became of the share.');
    return share;
  });
}

function isWaiting({open: isOpen, state, threshold}: AdminStatus['roots'][number]): boolean {
  return !isOpen && state !== 'retiring' && threshold !== undefined;
}

function noServer(dataDir: string, what: string): AdminError {
  return new AdminError('refused', `No server runs on ${dataDir}: there is nothing to be ${what}.`);
}
