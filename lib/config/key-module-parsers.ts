import {isAbsolute} from 'node:path';
import {listOf} from './parsers.ts';

/** A key module that the server offers. */
export interface KeyModuleSetting {
  /** As keystores name it. */
  readonly name: string;
  /** Where a third party's is loaded from: a package, or the absolute path of a file. Absent: it is one of ours. */
  readonly specifier?: string;
}

/** Ours, by the names that keystores use. */
const BUILT_IN_KEY_MODULES: readonly string[] = ['software', 'pkcs11'];
/** What means one of ours to existing clients. */
const ALIASES: readonly string[] = ['ssm-v1'];

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** As npm names packages, and what of one is meant. */
const PACKAGE = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

const MEANING = `must be ${BUILT_IN_KEY_MODULES.join(', ')} or <name>=<package or absolute path>, or several of them with commas`;

/** `software,hsm=some-package,other=/opt/module.js`; the order counts. */
export function parseKeyModules(text: string): readonly KeyModuleSetting[] {
  const modules = listOf(parseKeyModule)(text);
  if (modules.length === 0) throw new Error(MEANING);
  if (new Set(modules.map(({name}) => name)).size < modules.length) {
    throw new Error('must not name a key module twice');
  }
  return modules;
}

function parseKeyModule(text: string): KeyModuleSetting {
  if (BUILT_IN_KEY_MODULES.includes(text)) return {name: text};
  const at = text.indexOf('=');
  if (at < 0) throw new Error(MEANING);
  const [name, specifier] = [text.slice(0, at), text.slice(at + 1)];
  if (!NAME.test(name)) {
    throw new Error('must name key modules by a small letter, then at most 62 small letters, digits or -');
  }
  if (BUILT_IN_KEY_MODULES.includes(name) || ALIASES.includes(name)) {
    throw new Error(`must not give another key module the name ${name}, which is one of the server's own`);
  }
  if (!PACKAGE.test(specifier) && !(isAbsolute(specifier) && !specifier.includes('\0'))) {
    throw new Error(`must say of the key module ${name} a package or an absolute path`);
  }
  return {name, specifier};
}
