import {readFile, realpath} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {Turns} from '../turns.ts';
import {coveredFiles} from './covered-files.ts';
import {hashFile} from './hash-file.ts';
import {manifestPath, programPaths, type Installation} from './installation.ts';
import type {Manifest} from './manifest.ts';
import {productionPackages} from './production-packages.ts';

/** The program as it was built: what is published of it. @throws Error where a file cannot be read */
export function recordBuild(root: string): Promise<Manifest> {
  return record(root, programPaths({fromSources: false}), ['lib/cli/main.ts']);
}

/**
 * The program as it is installed: with the packages that it needs, the Node.js that runs it, and what is named besides.
 * @param others absolute paths @throws Error where a file cannot be read
 */
export async function recordInstallation(
  installation: Installation,
  others: readonly string[] = [],
): Promise<Manifest> {
  const {root} = installation;
  const places = [...(await productionPackages(root)), await realpath(process.execPath), ...others];
  const covers = [...programPaths(installation), ...places.map((path) => manifestPath(root, path))];
  return record(root, outermost(covers), []);
}

/** @param except what is covered, and must not be there later: it may be where the manifest is made */
async function record(root: string, covers: readonly string[], except: readonly string[]): Promise<Manifest> {
  const turns = new Turns();
  const files = new Map<string, string>();
  for await (const path of coveredFiles(covers, {root, turns})) {
    if (except.includes(path)) continue;
    files.set(path, await hashFile(resolve(root, path), turns));
  }
  return {version: await versionOf(root), covers, files};
}

/** Without what is in others. */
function outermost(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  return [...all].filter((path) => {
    const steps = path.split('/');
    return !steps.some((_, index) => index > 0 && all.has(steps.slice(0, index).join('/')));
  });
}

async function versionOf(root: string): Promise<string> {
  const {version} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {version?: unknown};
  return String(version);
}
