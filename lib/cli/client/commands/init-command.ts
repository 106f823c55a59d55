import {parsePath} from '../../../config/parsers.ts';
import {UsageError} from '../../command.ts';
import type {ClientCommand, ClientInvocation} from '../client-command.ts';
import {prepareControllerKey, type PreparedKey} from '../profile/prepare-controller-key.ts';
import type {LocalProfile, RemoteProfile} from '../profile/profile.ts';
import {readCertificates} from '../read-certificates.ts';
import {parseKeystoreUrl, parseServerUrl} from '../server-url.ts';
import {readCapability} from './revoke-command.ts';

export const initCommand: ClientCommand = {
  options: {
    local: {meaning: 'the keys are on this machine, in a data directory, without a server'},
    'data-dir': {
      value: 'DIR',
      meaning: 'with --local: the directory (default: in the profile)',
      completion: 'file',
    },
    config: {
      value: 'FILE',
      meaning:
        'with --local: settings of the store and its key modules, as webkms serve takes them; each command reads it',
      completion: 'file',
    },
    ipc: {
      value: 'FILE',
      meaning:
        "the keys are those of a server on this machine, over its socket; what its operator's ipc add has written",
      completion: 'file',
    },
    manifest: {
      value: 'FILE',
      meaning: 'with --ipc: the capability that the build key has signed',
      completion: 'file',
    },
    server: {value: 'URL', meaning: 'the keys are on this server, e.g. https://localhost:9443'},
    ca: {
      value: 'FILE',
      meaning:
        "certificate that the server's is signed by, or itself (tls.crt of its data directory); it is copied",
      completion: 'file',
    },
    keystore: {value: 'URL', meaning: 'uses this keystore of the server; else one is created'},
    'key-module': {
      value: 'NAME',
      meaning:
        "what keeps the new keystore's keys, such as an HSM: of the server's, or of --config's (default: the first)",
    },
    key: {
      value: 'FILE',
      meaning: 'uses this controller key, of a backup; else one is made',
      completion: 'file',
    },
    capability: {
      value: 'FILE',
      meaning: 'what was delegated to the controller key; may be given more than once',
      many: true,
      completion: 'file',
    },
    force: {meaning: 'puts a profile of that name aside first; nothing of it is deleted'},
  },
  help: [
    'Makes a profile in WEBKMS_HOME (default ~/.webkms): a controller key, which is a DID, and a keystore that it controls. The key is',
    'in a file of mode 0600; sealed, where there is a passphrase: from --passphrase-file, or typed at a terminal.',
    'To use keys of somebody else: webkms init --server URL --keystore URL, give them the DID that it prints, and add what they',
    'delegate to it with: webkms accept FILE',
  ],
  examples: [
    'init --server https://localhost:9443 --ca .webkms/tls.crt',
    'init --local',
    'init --local --data-dir ./keys --profile work',
    'init --local --config hsm.env --key-module pkcs11 --profile hsm',
    'init --ipc billing.json --profile billing',
    'init --server https://kms.example --keystore https://kms.example/kms/keystores/z… --key backup/controller.key',
  ],
  run: async (invocation) => {
    const {io, options, profiles, profile: name, passphraseFile} = invocation;
    if (options.has('ipc')) {
      const {initIpc} = await import('./init-ipc.ts');
      return initIpc(invocation);
    }
    if (options.has('manifest')) throw new UsageError('--manifest goes with --ipc.');
    const plan = await readPlan(invocation);
    const aside = await profiles.makeWay(name, {force: options.flag('force'), now: new Date()});
    if (aside !== undefined) io.err(`The profile that was there is now ${aside}`);
    const key = options.text('key');
    const prepared = await prepareControllerKey({
      ...{profiles, name, io, passphraseFile},
      ...(key !== undefined && {importFrom: parsePath(key)}),
    });
    const profile = await makeProfile(plan, prepared, invocation);
    await profiles.write(name, profile);
    report(invocation, profile, prepared);
    return 0;
  },
};

type Plan =
  | {
      readonly kind: 'local';
      readonly dataDir: string;
      readonly configFile?: string;
      /** Of a new keystore. */
      readonly kmsModule?: string;
    }
  | {
      readonly kind: 'remote';
      readonly server: string;
      readonly ca?: string;
      readonly keystore?: string;
      /** Of a new keystore. */
      readonly kmsModule?: string;
      readonly capabilities: RemoteProfile['capabilities'];
    };

/** All that can be wrong is found before anything is made. */
async function readPlan({io, options, profiles, profile}: ClientInvocation): Promise<Plan> {
  const server = options.parse('server', parseServerUrl);
  const isLocal = options.flag('local');
  if (isLocal === (server !== undefined)) throw new UsageError('init takes either --local or --server URL.');
  const kmsModule = options.text('key-module');
  if (server === undefined) {
    const foreign = ['ca', 'keystore', 'capability'].find((name) => options.has(name));
    if (foreign !== undefined) throw new UsageError(`--${foreign} goes with --server.`);
    const dataDir = options.parse('data-dir', parsePath) ?? `${profiles.directory(profile)}/data`;
    const configFile = options.parse('config', parsePath);
    return {
      ...{kind: 'local', dataDir},
      ...(configFile !== undefined && {configFile}),
      ...(kmsModule !== undefined && {kmsModule}),
    };
  }
  for (const name of ['data-dir', 'config'])
    if (options.has(name)) throw new UsageError(`--${name} goes with --local.`);
  const ca = options.text('ca');
  const keystore = options.parse('keystore', parseKeystoreUrl(server));
  if (kmsModule !== undefined && keystore !== undefined) {
    throw new UsageError('--key-module is for a new keystore: it does not go with --keystore.');
  }
  const files = options.texts('capability');
  if (files.length > 0 && keystore === undefined) throw new UsageError('--capability goes with --keystore.');
  const capabilities = await Promise.all(files.map((file) => readCapability(file, io)));
  return {
    ...{kind: 'remote', server, capabilities},
    ...(ca !== undefined && {ca: await readCertificates(ca)}),
    ...(keystore !== undefined && {keystore}),
    ...(kmsModule !== undefined && {kmsModule}),
  };
}

async function makeProfile(
  plan: Plan,
  {key}: PreparedKey,
  {io}: ClientInvocation,
): Promise<LocalProfile | RemoteProfile> {
  const {did} = key;
  if (plan.kind === 'local') {
    const {createLocalKeystore} = await import('../connect-local.ts');
    const {kind, dataDir, configFile} = plan;
    return {
      ...{kind, dataDir, did, keystore: await createLocalKeystore({...plan, did}, io)},
      ...(configFile !== undefined && {configFile}),
    };
  }
  const {kmsModule, ...server} = plan;
  if (server.keystore !== undefined) return {...server, did, keystore: server.keystore};
  const {createRemoteKeystore} = await import('../connect-remote.ts');
  return {...server, did, keystore: await createRemoteKeystore(server, key, kmsModule)};
}

function report(
  {io, print, profile: name}: ClientInvocation,
  profile: LocalProfile | RemoteProfile,
  {path, isSealed, wasThere}: PreparedKey,
): void {
  const {did, keystore} = profile;
  const place = profile.kind === 'local' ? {data_dir: profile.dataDir} : {server: profile.server};
  const backUp = profile.kind === 'local' ? `${path} and ${profile.dataDir}` : path;
  print(
    {profile: name, kind: profile.kind, did, keystore, ...place, controller_key: path, sealed: isSealed},
    [`Profile: ${name}`, `DID: ${did}`, `Keystore: ${keystore}`, `Back up: ${backUp}`],
  );
  if (wasThere) io.err('The controller key was there already, and is used.');
  if (!isSealed) {
    io.err(
      'The controller key is not sealed by a passphrase: whoever can read its file controls the keystore.',
    );
  }
}
