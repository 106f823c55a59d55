import type {ClientCommand} from './client-command.ts';

export interface ListedClientCommand {
  readonly name: string;
  /** One line for `webkms --help`. */
  readonly summary: string;
  readonly load: () => Promise<ClientCommand>;
}

/** In the order of the help; each is loaded when it is asked for. */
export const CLIENT_COMMANDS: readonly ListedClientCommand[] = [
  {
    name: 'init',
    summary: 'Make a profile: a controller key and a keystore, of a server or local',
    load: async () => (await import('./commands/init-command.ts')).initCommand,
  },
  {
    name: 'profiles',
    summary: 'List the profiles',
    load: async () => (await import('./commands/profiles-command.ts')).profilesCommand,
  },
  {
    name: 'create',
    summary: 'Make a key',
    load: async () => (await import('./commands/create-command.ts')).createCommand,
  },
  {
    name: 'list',
    summary: 'List the keys',
    load: async () => (await import('./commands/list-command.ts')).listCommand,
  },
  {
    name: 'info',
    summary: 'What is known of a key, as JSON',
    load: async () => (await import('./commands/info-command.ts')).infoCommand,
  },
  {
    name: 'rotate',
    summary: 'Make a new version of a key',
    load: async () => (await import('./commands/rotate-command.ts')).rotateCommand,
  },
  {
    name: 'encrypt',
    summary: 'Encrypt a text, or a file of any size',
    load: async () => (await import('./commands/encrypt-command.ts')).encryptCommand,
  },
  {
    name: 'decrypt',
    summary: 'Decrypt a text or a file',
    load: async () => (await import('./commands/decrypt-command.ts')).decryptCommand,
  },
  {
    name: 'rewrap',
    summary: 'Encrypt anew under the newest version, in the KMS',
    load: async () => (await import('./commands/rewrap-command.ts')).rewrapCommand,
  },
  {
    name: 'data-key',
    summary: 'Make a key for a program to encrypt with, and the same key encrypted',
    load: async () => (await import('./commands/data-key-command.ts')).dataKeyCommand,
  },
  {
    name: 'sign',
    summary: 'Sign a text or a file',
    load: async () => (await import('./commands/sign-command.ts')).signCommand,
  },
  {
    name: 'verify',
    summary: 'Check a signature',
    load: async () => (await import('./commands/verify-command.ts')).verifyCommand,
  },
  {
    name: 'public-key',
    summary: 'Print a public key as PEM, JWK or JWK set',
    load: async () => (await import('./commands/public-key-command.ts')).publicKeyCommand,
  },
  {
    name: 'csr',
    summary: 'Make a certificate signing request for a key',
    load: async () => (await import('./commands/csr-command.ts')).csrCommand,
  },
  {
    name: 'import',
    summary: 'Make a key of one that exists',
    load: async () => (await import('./commands/import-command.ts')).importCommand,
  },
  {
    name: 'export',
    summary: 'Write an exportable key to a file',
    load: async () => (await import('./commands/export-command.ts')).exportCommand,
  },
  {
    name: 'update',
    summary: 'Change the name, tags, description or certificates of a key',
    load: async () => (await import('./commands/update-command.ts')).updateCommand,
  },
  {
    name: 'policy',
    summary: "Show or change a key's policy",
    load: async () => (await import('./commands/policy-command.ts')).policyCommand,
  },
  {
    name: 'disable',
    summary: 'Let nothing be done with a key, or a version of it',
    load: async () => (await import('./commands/state-commands.ts')).disableCommand,
  },
  {
    name: 'enable',
    summary: 'Let a disabled key, or version, be used again',
    load: async () => (await import('./commands/state-commands.ts')).enableCommand,
  },
  {
    name: 'delete',
    summary: 'Delete a key, which can be restored for a while',
    load: async () => (await import('./commands/state-commands.ts')).deleteCommand,
  },
  {
    name: 'restore',
    summary: 'Take the deletion of a key back',
    load: async () => (await import('./commands/state-commands.ts')).restoreCommand,
  },
  {
    name: 'delegate',
    summary: 'Let somebody else use a key, until a day',
    load: async () => (await import('./commands/delegate-command.ts')).delegateCommand,
  },
  {
    name: 'accept',
    summary: 'Add what somebody delegated to the profile',
    load: async () => (await import('./commands/accept-command.ts')).acceptCommand,
  },
  {
    name: 'forget',
    summary: 'Take what was accepted out of the profile',
    load: async () => (await import('./commands/forget-command.ts')).forgetCommand,
  },
  {
    name: 'revoke',
    summary: 'Revoke what was delegated, at once',
    load: async () => (await import('./commands/revoke-command.ts')).revokeCommand,
  },
  {
    name: 'revocations',
    summary: 'List what was revoked',
    load: async () => (await import('./commands/revocations-command.ts')).revocationsCommand,
  },
  {
    name: 'transfer',
    summary: 'Give the keystore to another DID',
    load: async () => (await import('./commands/transfer-command.ts')).transferCommand,
  },
  {
    name: 'completion',
    summary: 'Print what makes a shell complete webkms commands',
    load: async () => (await import('./commands/completion-command.ts')).completionCommand,
  },
];
