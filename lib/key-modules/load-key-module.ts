import {isAbsolute} from 'node:path';
import {pathToFileURL} from 'node:url';
import {GuardedKeyModule} from './guarded-key-module.ts';
import type {CreateKeyModule, KeyModuleContext} from './key-module-context.ts';
import {KeyModuleError} from './key-module-error.ts';
import type {KeyModule} from './key-module.ts';
import {supportProblems} from './support-problems.ts';

/** Every module has these. */
const REQUIRED = [
  ...[
    'keyType',
    'generateKey',
    'sign',
    'verify',
    'encrypt',
    'decrypt',
    'wrapKey',
    'unwrapKey',
    'deriveSecret',
  ],
  ...['encapsulate', 'decapsulate', 'check', 'close'],
];
const OPTIONAL = ['importKey', 'exportKey', 'destroyKey', 'checkKey', 'reseal', 'forget'];

/**
 * Loads a key module of somebody else, looks whether it is one, and holds it to its interface.
 * @param specifier a package that is installed beside the server, or the absolute path of a file
 * @throws KeyModuleError that says what is wrong with it
 */
export async function loadKeyModule(specifier: string, context: KeyModuleContext): Promise<KeyModule> {
  const {name} = context;
  const create = await importCreate(specifier, name);
  let module: unknown;
  try {
    module = await create(context);
  } catch (cause) {
    throw failure(name, `did not start: ${messageOf(cause)}`, cause);
  }
  const problems = problemsOf(module, name);
  if (problems.length === 0) return new GuardedKeyModule(module as KeyModule);
  await closeQuietly(module);
  throw failure(name, `is not one that can be used. ${problems.join(' ')}`);
}

async function importCreate(specifier: string, name: string): Promise<CreateKeyModule> {
  const url = isAbsolute(specifier) ? pathToFileURL(specifier).href : specifier;
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(url)) as typeof exported;
  } catch (cause) {
    const problem = messageOf(cause).replace(` imported from ${import.meta.filename}`, '');
    throw failure(name, `cannot be loaded from ${specifier}: ${problem}`, cause);
  }
  const create = exported['createKeyModule'];
  if (typeof create === 'function') return create as CreateKeyModule;
  throw failure(name, `cannot be used: ${specifier} exports no function createKeyModule.`);
}

function problemsOf(module: unknown, name: string): readonly string[] {
  if (typeof module !== 'object' || module === null) return ['createKeyModule gave no object.'];
  const members = module as Readonly<Record<string, unknown>>;
  const problems = [
    ...REQUIRED.filter((member) => typeof members[member] !== 'function'),
    ...OPTIONAL.filter((member) => members[member] !== undefined && typeof members[member] !== 'function'),
  ].map((member) => `It has no function ${member}.`);
  if (!isHeldKeys(members['held'])) problems.push('Its member held has no functions list and destroy.');
  if (members['id'] !== name) problems.push(`Its id is not ${name}, the name that it is offered by.`);
  return problems.length > 0 ? problems : supportProblems(module as KeyModule);
}

function isHeldKeys(held: unknown): boolean {
  if (held === undefined) return true;
  if (typeof held !== 'object' || held === null) return false;
  const {list, destroy} = held as Readonly<Record<string, unknown>>;
  return typeof list === 'function' && typeof destroy === 'function';
}

async function closeQuietly(module: unknown): Promise<void> {
  try {
    await (module as Partial<KeyModule> | undefined)?.close?.();
  } catch {
    // It is of no use either way.
  }
}

function failure(name: string, problem: string, cause?: unknown): KeyModuleError {
  return new KeyModuleError(`the key module ${name} (WEBKMS_KEY_MODULES) ${problem}`, {cause});
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'an unknown failure';
}
