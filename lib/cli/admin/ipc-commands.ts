import {randomBytes} from 'node:crypto';
import {unlink} from 'node:fs/promises';
import {AdminError} from '../../admin/admin-operation.ts';
import type {IpcClient} from '../../admin/ipc-client.ts';
import {OutputExistsError, writeOutputFile} from '../../client/file-encryption/output-file.ts';
import {OPERATION_ACTIONS} from '../../client/kms-channel.ts';
import {formatIpcCredential} from '../../client/local/ipc-credential.ts';
import {parsePath} from '../../config/parsers.ts';
import {encodeBase64url} from '../../encoding/base64url.ts';
import {IPC_SECRET_BYTES, ipcIdentity} from '../../ipc/ipc-identity.ts';
import {UsageError} from '../command.ts';
import type {AdminCommand, OptionValues} from './admin-command.ts';

const ACTIONS: ReadonlySet<string> = new Set(['read', ...Object.values(OPERATION_ACTIONS)]);

export const ipcAddCommand: AdminCommand = {
  name: 'ipc add',
  summary: 'Let an application on this host use keys over the IPC socket',
  operands: ['NAME'],
  help: [
    'Makes a secret for the application and writes it to a file of mode 0600, which is to be given to the user that the application runs',
    'as. The server gets what verifies it, and nothing else. With --build-key the application must present a capability, too, that the key',
    'has signed for the did:key that this command prints. With WEBKMS_ISOLATION=process it is run while the server is stopped. See',
    'docs/guides/local-applications.md.',
  ],
  options: {
    keystore: {value: 'URL', meaning: 'the keystore that it uses; needed'},
    keys: {
      value: 'ID,…',
      meaning: 'local ids of the keys that it uses, no others and no new ones; default: all',
    },
    actions: {value: 'ACTION,…', meaning: 'what it does with them, e.g. sign,read; default: all'},
    'build-key': {value: 'DID', meaning: 'did:key of the key that signs its builds'},
    out: {value: 'FILE', meaning: 'where its secret is written; needed'},
  },
  run: async ({settings, connect, print, values, operands: [name = '']}) => {
    if (!settings.ipc)
      throw new AdminError('refused', 'WEBKMS_IPC is off: there is no socket to connect to.');
    const out = parsePath(needed(values, 'out'));
    const client = readGrant(name, values);
    await using connection = await connect();
    const secret = randomBytes(IPC_SECRET_BYTES);
    const {did, serverKey} = ipcIdentity(secret);
    const {keystoreId} = client;
    const credential = formatIpcCredential({name, socket: settings.ipc.path, keystoreId, secret});
    secret.fill(0);
    await writeSecret(out, credential);
    try {
      await connection.call('ipc.add', {...client, did, serverKey: encodeBase64url(serverKey)});
    } catch (error) {
      await unlink(out);
      throw error;
    }
    print({name, did, credential: out}, [`Client: ${name}`, `DID: ${did}`, `Credential: ${out}`]);
    return 0;
  },
};

export const ipcListCommand: AdminCommand = {
  name: 'ipc list',
  summary: 'List the applications that may use keys over the IPC socket',
  help: [],
  run: async ({connect, print}) => {
    await using connection = await connect();
    const {clients} = (await connection.call('ipc.list')) as {readonly clients: readonly IpcClient[]};
    // What the server proves itself by is nobody else's.
    const listed = clients.map((client) =>
      Object.fromEntries(Object.entries(client).filter(([member]) => member !== 'serverKey')),
    );
    print({clients: listed}, clients.flatMap(describe));
    return 0;
  },
};

export const ipcRevokeCommand: AdminCommand = {
  name: 'ipc revoke',
  summary: 'Refuse a build of an application from now on',
  operands: ['NAME', 'CAPABILITY_ID'],
  help: ['The build is known by the id of the capability that it presents. Its connections end at once.'],
  run: async ({connect, print, operands: [name = '', build = '']}) => {
    await using connection = await connect();
    await connection.call('ipc.revoke', {name, build});
    print({name, revoked: build}, [`Revoked: ${build}`]);
    return 0;
  },
};

export const ipcRemoveCommand: AdminCommand = {
  name: 'ipc remove',
  summary: 'Take the IPC socket from an application; its connections end at once',
  operands: ['NAME'],
  help: [],
  run: async ({connect, print, operands: [name = '']}) => {
    await using connection = await connect();
    await connection.call('ipc.remove', {name});
    print({removed: name}, [`Removed: ${name}`]);
    return 0;
  },
};

function readGrant(name: string, values: OptionValues): Omit<IpcClient, 'did' | 'serverKey'> {
  const actions = wordsOf(values['actions']);
  const unknown = actions?.find((action) => !ACTIONS.has(action));
  if (unknown !== undefined)
    throw new UsageError(`admin ipc add: --actions takes ${[...ACTIONS].join(', ')}.`);
  const keys = wordsOf(values['keys']);
  const buildKey = values['build-key'];
  return {
    name,
    keystoreId: needed(values, 'keystore'),
    ...(keys && {keys}),
    ...(actions && {actions}),
    ...(typeof buildKey === 'string' && {buildKey}),
  };
}

function needed(values: OptionValues, name: string): string {
  const value = values[name];
  if (typeof value !== 'string') throw new UsageError(`admin ipc add: --${name} is needed.`);
  return value;
}

function wordsOf(value: string | boolean | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? value.split(',').map((word) => word.trim()) : undefined;
}

async function writeSecret(path: string, bytes: Uint8Array): Promise<void> {
  async function* only(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  try {
    await writeOutputFile(path, only(), {mode: 0o600});
  } catch (cause) {
    const reason = cause instanceof OutputExistsError ? 'there is such a file' : 'it cannot be written';
    throw new AdminError('refused', `${path}: ${reason}. Nothing was done.`, {cause});
  } finally {
    bytes.fill(0);
  }
}

function describe({name, keystoreId, keys, actions, buildKey, revokedBuilds = [], did}: IpcClient): string[] {
  return [
    `${name} ${did}`,
    `  keystore ${keystoreId}`,
    `  keys ${keys?.join(', ') ?? 'all'}; actions ${actions?.join(', ') ?? 'all'}`,
    ...(buildKey === undefined ? [] : [`  builds of ${buildKey}`]),
    ...revokedBuilds.map((build) => `  revoked ${build}`),
  ];
}
