import type {KeyInfo} from '../../../client/kms.ts';
import {NotAllowedError} from '../../../errors.ts';
import type {ClientCommand} from '../client-command.ts';
import type {ClientIo, Style} from '../client-io.ts';
import {columns, printable} from '../columns.ts';
import {keyJson, keyName} from '../key-json.ts';
import type {CapabilityDocument} from '../profile/profile.ts';

const STYLES: ReadonlyMap<string, Style> = new Map([
  ['active', 'green'],
  ['created', 'cyan'],
  ['expired', 'yellow'],
  ['disabled', 'yellow'],
  ['pendingDeletion', 'red'],
]);

export const listCommand: ClientCommand = {
  help: [
    'Lists the keys of the keystore in order of creation: their name (or URL, where they have none), type, current version and',
    'status. With --json, an array of what "webkms info" prints. Where the keys are somebody else\'s, and may not be listed: what was',
    'accepted of them.',
  ],
  examples: ['list', 'list --json'],
  run: async ({io, print, connect}) => {
    const {kms, profile} = await connect();
    const keys: KeyInfo[] = [];
    const capabilities = profile.kind === 'remote' ? profile.capabilities : [];
    try {
      for await (const key of kms.listKeys()) {
        io.interrupted.throwIfAborted();
        keys.push(key);
      }
    } catch (error) {
      if (!isWithoutCapability(error) || capabilities.length === 0) throw error;
      print(capabilities, columns([['KEY', 'ACTIONS', 'EXPIRES'], ...capabilities.map(capabilityRow)]));
      return 0;
    }
    print(
      keys.map(keyJson),
      columns([['NAME', 'TYPE', 'VERSION', 'STATUS'], ...keys.map((key) => row(key, io))]),
    );
    return 0;
  },
};

function row(key: KeyInfo, io: ClientIo): readonly string[] {
  const style = STYLES.get(key.state);
  const status = style === undefined ? key.state : io.paint(style, key.state);
  return [keyName(key), key.shortName, String(key.currentVersion), status];
}

function isWithoutCapability(error: unknown): boolean {
  return error instanceof NotAllowedError && error.reason === 'no-capability';
}

function capabilityRow({invocationTarget, allowedAction, expires}: CapabilityDocument): readonly string[] {
  const actions = allowedAction === undefined ? 'all' : [allowedAction].flat().map(String).join(', ');
  return [invocationTarget, printable(actions), typeof expires === 'string' ? printable(expires) : ''];
}
