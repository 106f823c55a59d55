import {isAbsolute} from 'node:path';
import {takeVariable} from '../../config/environment-secrets.ts';
import type {AddedRoot} from '../../sealing/root-changes.ts';
import {NO_SECRETS} from '../../sealing/secrets.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {optionalText, readParameters, requiredText} from '../parameters.ts';

export interface RootAddParameters {
  /** With an absolute path where it has one: the operator's working directory is not the server's. */
  readonly uri: string;
  /** Of `passphrase:prompt`: the server has no terminal. */
  readonly passphrase?: string;
}

/** Adds a root of trust and seals every root key under it. Asked for again where it was interrupted, it goes on. */
export const rootAdd: AdminOperation<RootAddParameters, AddedRoot> = {
  name: 'root.add',
  whileSealed: false,
  parse(value) {
    const parameters = readParameters(value, ['uri', 'passphrase']);
    const uri = requiredText(parameters, 'uri');
    const passphrase = optionalText(parameters, 'passphrase');
    const [, path] = /^(?:file:|passphrase:file=)(.*)$/s.exec(uri) ?? [];
    if (path !== undefined && !isAbsolute(path)) {
      throw new AdminError('invalid', 'The path of a root of trust must be absolute.');
    }
    if (uri.startsWith('passphrase:fd=')) {
      throw new AdminError(
        'invalid',
        'A file descriptor can be read at the start only. Add passphrase:prompt, and give the server the same ' +
          'passphrase by WEBKMS_ROOT_WRAPPER=passphrase:fd=<number> when it starts.',
      );
    }
    if (passphrase === undefined && uri === 'passphrase:prompt') {
      throw new AdminError('invalid', 'The passphrase is missing.');
    }
    return {uri, ...(passphrase !== undefined && {passphrase})};
  },
  async run({rootChanges}, {uri, passphrase}, {report, signal}) {
    const added = await rootChanges.add(uri, {
      secrets:
        passphrase === undefined
          ? {...NO_SECRETS, takeVariable}
          : {takeVariable, prompt: async () => Buffer.from(passphrase, 'utf8')},
      onProgress: ({done, total}) => report({step: 'sealing', done, total}),
      signal,
    });
    if (added.shares && signal.aborted) {
      // Nobody gets them any more.
      await rootChanges.retire(added.id);
      signal.throwIfAborted();
    }
    return added;
  },
};
