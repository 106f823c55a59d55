import {AdminError} from '../../admin/admin-operation.ts';
import type {RootList} from '../../admin/operations/root-list.ts';
import type {RetiredRoot} from '../../admin/operations/root-retire.ts';
import {parsePath} from '../../config/parsers.ts';
import type {AddedRoot} from '../../sealing/root-changes.ts';
import {UsageError} from '../command.ts';
import {isConfirmed, YES_OPTION} from '../confirm.ts';
import type {AdminCommand} from './admin-command.ts';
import type {AdminIo} from './admin-io.ts';
import {describeRoots} from './describe-roots.ts';
import {printShares} from './print-shares.ts';

export const rootListCommand: AdminCommand = {
  name: 'root list',
  summary: 'The roots of trust: any one that is open opens the store',
  help: ['Lists the roots of trust with their ids, states and whether they are open.'],
  run: async ({connect, print}) => {
    await using connection = await connect();
    const result = (await connection.call('root.list')) as RootList;
    print(result, describeRoots(result.roots));
    return 0;
  },
};

export const rootAddCommand: AdminCommand = {
  name: 'root add',
  operands: ['URI'],
  summary: 'Add a root of trust, under which every root key is sealed as well',
  help: [
    'URI: file:PATH, env:NAME, passphrase:file=PATH, passphrase:prompt, "pkcs11:token=LABEL;object=LABEL" (a key of a token), or',
    'shamir:K-of-N, of which the shares are written to standard output once, a line each. What does not exist is made. Interrupted,',
    'it goes on when it is asked for again.',
    'Give K shares back (webkms admin unseal) before you retire other roots: it shows that somebody has them.',
  ],
  whenInterrupted:
    'What was begun is finished by the same command, or by the server when it next starts; of a root in shares, it is removed then.',
  run: async ({connect, print, io, operands: [uri = '']}) => {
    const parameters = {
      uri: absolute(uri),
      ...(uri === 'passphrase:prompt' && {passphrase: await newPassphrase(io)}),
    };
    await using connection = await connect();
    const result = (await connection.call('root.add', parameters)) as AddedRoot;
    const {id, shares, created} = result;
    if (shares) {
      const ifLost = `Begin again: webkms admin root retire ${id}, and add another one.`;
      await printShares({print, io}, {...result, shares}, ifLost);
      io.err(`Added: ${id}. It is closed until its shares are given.`);
    } else {
      print(result, [`Added: ${id}${created ? ', made just now. Back it up.' : ''}`]);
    }
    return 0;
  },
};

export const rootRetireCommand: AdminCommand = {
  name: 'root retire',
  operands: ['ID'],
  summary: 'Take a root of trust out of use: it opens nothing any more',
  help: [
    'ID as listed by: webkms admin root list. Deletes what is sealed under it, and forgets it; its file or shares are yours to',
    'destroy. Refused while no other root is open. Copies of the database from before can still be opened by it: after a root',
    'was compromised, rotate all keystores. Interrupted, it goes on when it is asked for again.',
  ],
  options: {yes: YES_OPTION},
  whenInterrupted: 'What was begun is finished by the same command, or by the server when it next starts.',
  run: async ({connect, print, io, values, operands: [id = '']}) => {
    if (!(await isConfirmed(`Retire ${id}?`, {yes: values['yes'] === true, io})))
      throw new AdminError('refused', 'That was not confirmed. Nothing was done.');
    await using connection = await connect();
    const result = (await connection.call('root.retire', {id})) as RetiredRoot;
    print(result, [`Retired: ${result.id} (${result.uri})`]);
    return 0;
  },
};

/** Relative to where the operator is, which the server does not know. */
function absolute(uri: string): string {
  const [, prefix, path] = /^(file:|passphrase:file=)(?!\/\/)(.+)$/s.exec(uri) ?? [];
  return prefix === undefined || path === undefined ? uri : `${prefix}${parsePath(path)}`;
}

async function newPassphrase(io: AdminIo): Promise<string> {
  const first = await io.ask('New passphrase: ');
  if (first === undefined) throw new UsageError('no passphrase was given.');
  if (!io.interactive) return first;
  const second = await io.ask('Once more: ');
  if (first !== second)
    throw new AdminError('refused', 'The passphrases are not the same. Nothing was done.');
  return first;
}
