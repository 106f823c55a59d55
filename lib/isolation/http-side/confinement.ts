import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {dirname, extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Logger} from 'pino';
import {libraryEnvironment} from '../../config/library-environment.ts';

const SCRIPT = fileURLToPath(new URL(`../key-process/main${extname(import.meta.url)}`, import.meta.url));

/** What keeps the key process from what it does not need. */
export interface Confinement {
  /** Program and arguments, up to those of the script. */
  readonly command: readonly string[];
  /** `needed`: tokens and others' key modules may be on it. */
  readonly network: 'none' | 'open' | 'needed';
  readonly environment: Readonly<Record<string, string>>;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ConfinementOptions {
  /** Key files, and what else the process must read. */
  readonly readable: readonly string[];
  /** Files that it may make, and change. */
  readonly writable: readonly string[];
  /** Whether it uses tokens or others' key modules, which take native code, an environment of their own, and perhaps a network. */
  readonly outside: boolean;
}

/** How the key process is run on this system. */
export async function confine({readable, writable, outside}: ConfinementOptions): Promise<Confinement> {
  const namespace = outside ? undefined : await emptyNetwork();
  const node = [
    process.execPath,
    '--permission',
    '--disable-sigusr1',
    // It opens any file, whatever the permission model says.
    '--no-experimental-sqlite',
    ...[...programPlaces(), ...readable].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
    // RSA and BBS are computed in threads.
    '--allow-worker',
    ...(outside ? ['--allow-addons', '--disable-warning=PERM0001'] : []),
    // That they might not be confined themselves: they are, and a test says so.
    '--disable-warning=PERM0006',
    SCRIPT,
  ];
  // The shell is replaced: there is one process.
  const withoutCores = ['/bin/sh', '-c', 'ulimit -c 0 && exec "$@"', 'sh'];
  return {
    command: [...withoutCores, ...(namespace ?? []), ...node],
    network: outside ? 'needed' : namespace ? 'none' : 'open',
    environment: outside ? {PATH, ...libraryEnvironment()} : {PATH},
  };
}

export function warnOfNetwork({network}: Pick<Confinement, 'network'>, log: Pick<Logger, 'warn'>): void {
  if (network === 'open') log.warn({}, NO_NAMESPACE);
}

const NO_NAMESPACE =
  'this system gives the key process no network of its own (unshare): it could use this one';

const NAMESPACES: readonly (readonly string[])[] = [
  ['unshare', '--net', '--'],
  ['unshare', '--user', '--map-current-user', '--net', '--'],
];

/** @returns what runs a program in a network namespace of its own, which has no interface; undefined where this system or user cannot */
async function emptyNetwork(): Promise<readonly string[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (const command of NAMESPACES) if (await runs([...command, 'true'])) return command;
  return undefined;
}

async function runs([program = '', ...parameters]: readonly string[]): Promise<boolean> {
  const child = spawn(program, parameters, {stdio: 'ignore', timeout: 5000});
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code === 0;
  } catch {
    return false;
  }
}

/** Where the program is: its own files, and the packages that it loads, wherever they were installed. */
function programPlaces(): readonly string[] {
  const root = packageRoot();
  const own = ['lib', 'schemas', 'dist', 'node_modules', 'package.json'].map((name) => join(root, name));
  const packages = ['cborg', 'lru-cache', 'pino', 'ajv'].map((name) =>
    outermostModules(fileURLToPath(import.meta.resolve(name))),
  );
  return [...new Set([...own, ...packages, SCRIPT])].filter((path) => existsSync(path));
}

function packageRoot(): string {
  let folder = dirname(SCRIPT);
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

function outermostModules(path: string): string {
  const [before = ''] = path.split(join('/', 'node_modules', '/'));
  return join(before, 'node_modules');
}
