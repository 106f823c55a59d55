/** The purposes that the server declares: every keystore's scope has a data key for each. */
export const PURPOSES = ['key-material', 'record-mac', 'audit'] as const;

/** The scope of what belongs to the server as a whole: the audit log, anchors. No keystore's: those are URLs. */
export const SERVER_SCOPE = 'webkms:server';

/** The purpose in that scope of a node's own keys: what it seals lies in nodes' data directories, where no job finds it. */
export const SERVER_KEYS = 'key-material';

/** The hierarchy's own scope, under which the sealers of root wrappers are sealed. Applications cannot use it. */
export const ROOTS_SCOPE = 'webkms:roots';
export const ROOT_SEALER_PURPOSE = 'root-sealer';

/** Of each node that has applications on its host: what their register is sealed under. */
const IPC_REGISTER_SCOPES = 'webkms:ipc:';

/** @param node a number of the node's own */
export function ipcRegisterScope(node: string): string {
  return `${IPC_REGISTER_SCOPES}${node}`;
}

/** Whether it is no keystore's. */
export function isServersScope(scope: string): boolean {
  return scope === SERVER_SCOPE || scope === ROOTS_SCOPE || scope.startsWith(IPC_REGISTER_SCOPES);
}

/** Whether what the purpose's key has sealed lies in nodes' data directories, where no store can say whether there is anything. */
export function sealsFiles(scope: string, purpose: string): boolean {
  return purpose === SERVER_KEYS && isServersScope(scope);
}
