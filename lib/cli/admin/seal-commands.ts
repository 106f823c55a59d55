import {AdminError} from '../../admin/admin-operation.ts';
import type {Initialized} from '../../admin/operations/init.ts';
import type {AdminStatus} from '../../admin/operations/status.ts';
import type {Unsealed} from '../../admin/operations/unseal.ts';
import {describeStorage} from '../../config/location-parsers.ts';
import type {OfferedShare} from '../../sealing/offered-shares.ts';
import {EXIT_FAILURE} from '../command.ts';
import type {AdminCommand} from './admin-command.ts';
import type {AdminIo} from './admin-io.ts';
import type {AdminConnection} from './admin-connection.ts';
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
    'Opens what needs nobody, such as a token that is back; then asks for shares, without echo, until a root of trust opens. Where',
    'standard input is no terminal, shares are its lines. What was given stays with the server: several people can each give theirs.',
    'Shares are never given as arguments, which others can see.',
  ],
  options: {reset: {meaning: 'makes the server forget the shares that were given, and asks for none'}},
  run: async ({connect, print, io, settings, values}) => {
    await using connection = await connect();
    if (!connection.online) throw noServer(settings.dataDir, 'unsealed');
    if (values['reset'] === true) {
      const {sealed, roots} = (await connection.call('unseal', {reset: true})) as Unsealed;
      print({sealed, roots}, ['The shares that were given are forgotten.']);
      return 0;
    }
    const before = (await connection.call('status')) as AdminStatus;
    const wasSealed = before.sealed;
    let {roots} = before;
    if (wasSealed || roots.some(needsNobody)) {
      const unsealed = (await connection.call('unseal')) as Unsealed;
      if (wasSealed && !unsealed.sealed) {
        print({sealed: false, roots: unsealed.roots}, ['The server is unsealed.']);
        return 0;
      }
      ({roots} = unsealed);
    }
    if (!roots.some((root) => isWaiting(root) || asksPassphrase(root))) {
      if (wasSealed) throw cannotBeUnsealed(roots);
      const opened = before.roots.filter(
        ({id, open}) => !open && roots.some((root) => root.id === id && root.open),
      );
      const lines = opened.map(({id, uri}) => `Opened: ${id}  ${uri}`);
      const closed = roots.filter(needsNobody);
      if (lines.length + closed.length === 0)
        lines.push('The server is not sealed, and no root of trust waits for shares.');
      print({sealed: false, roots}, lines);
      for (const {reason = ''} of closed) io.err(`webkms: ${reason}`);
      return closed.length === 0 ? 0 : EXIT_FAILURE;
    }
    const opened = await open(connection, io, roots);
    const after = (await connection.call('status')) as AdminStatus;
    if (!opened) {
      const waiting = after.roots.filter(isWaiting);
      const given = waiting.map(({id, offered = 0, threshold = 0}) => `${id}: ${offered} of ${threshold}`);
      const shares = given.length > 0 ? ` Shares given: ${given.join('; ')}.` : '';
      io.err(`webkms: not ${wasSealed ? 'unsealed' : 'opened'} yet.${shares}`);
      return EXIT_FAILURE;
    }
    print({sealed: after.sealed, roots: after.roots}, [
      wasSealed ? 'The server is unsealed.' : 'The root of trust is open: its shares are good.',
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
  run: async ({connect, print, io, settings}) => {
    await using connection = await connect({create: settings.rootWrapper.startsWith('shamir:')});
    const result = (await connection.call('init')) as Initialized;
    const ifLost =
      `Nobody can open the store: stop the server, remove ${describeStorage(settings.storage)}, in which there is nothing yet, ` +
      'and begin again.';
    await printShares({print, io}, result, ifLost);
    return 0;
  },
};

type Root = AdminStatus['roots'][number];

async function open(connection: AdminConnection, io: AdminIo, roots: readonly Root[]): Promise<boolean> {
  const byPassphrase = roots.some(asksPassphrase);
  const offer = async (text: string): Promise<OfferedShare> => {
    const trimmed = text.trim();
    if (byPassphrase && !trimmed.startsWith(SHARE)) return givePassphrase(connection, text);
    const {share} = (await connection.call('unseal', {share: trimmed})) as Unsealed;
    if (share) return share;
    throw new AdminError('failed', 'The server does not say what became of the share.');
  };
  const [first, second] = roots.filter(isWaiting);
  if (byPassphrase) return giveShares(io, offer, first ? 'Share, or passphrase: ' : 'Passphrase: ');
  const isOnly = first !== undefined && second === undefined;
  const which = isOnly ? ` ${(first.offered ?? 0) + 1} of ${first.threshold ?? 0}` : '';
  return giveShares(io, offer, `Share${which}: `);
}

async function givePassphrase(connection: AdminConnection, passphrase: string): Promise<OfferedShare> {
  const {roots} = (await connection.call('unseal', {passphrase})) as Unsealed;
  const asking = roots.filter(({uri}) => isPassphrasePlace(uri));
  const opened = asking.find((root) => root.open);
  if (opened) return {rootWrapperId: opened.id, given: 1, needed: 1, opened: true};
  throw new AdminError('refused', asking[0]?.reason ?? 'The passphrase opens no root of trust.');
}

function isWaiting({open: isOpen, state, threshold}: Root): boolean {
  return !isOpen && state !== 'retiring' && threshold !== undefined;
}

function asksPassphrase({open: isOpen, state, uri}: Root): boolean {
  return !isOpen && state !== 'retiring' && isPassphrasePlace(uri);
}

/** That it is closed has another reason, which may have gone away: its file was missing, its token away. */
function needsNobody(root: Root): boolean {
  return !root.open && root.state !== 'retiring' && !isWaiting(root) && !asksPassphrase(root);
}

/** Where a server that runs can read no passphrase: somebody has to give it. */
function isPassphrasePlace(uri: string): boolean {
  return uri === 'passphrase:prompt' || uri.startsWith('passphrase:fd=');
}

function cannotBeUnsealed(roots: readonly Root[]): AdminError {
  if (roots.length === 0) {
    return new AdminError('refused', 'There is no root of trust yet. Make the first with: webkms admin init');
  }
  const reasons = roots.map(({id, uri, reason}) =>
    // It was taken at the start, and is gone.
    uri.startsWith('env:')
      ? `${id} (${uri}): It opens when the server is started again with this variable.`
      : `${id} (${uri}): ${reason ?? 'closed'}`,
  );
  return new AdminError('refused', `No root of trust can be opened now. ${reasons.join(' ')}`);
}

function noServer(dataDir: string, what: string): AdminError {
  return new AdminError('refused', `No server runs on ${dataDir}: there is nothing to be ${what}.`);
}
