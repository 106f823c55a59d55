import type {KeyInfo} from '../../../client/kms.ts';
import type {ClientCommand} from '../client-command.ts';
import type {ClientIo, Style} from '../client-io.ts';
import {columns} from '../columns.ts';
import {keyJson, keyName} from '../key-json.ts';

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
    'status. With --json, an array of what "webkms info" prints.',
  ],
  examples: ['list', 'list --json'],
  run: async ({io, print, connect}) => {
    const {kms} = await connect();
    const keys: KeyInfo[] = [];
    for await (const key of kms.listKeys()) {
      io.interrupted.throwIfAborted();
      keys.push(key);
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
