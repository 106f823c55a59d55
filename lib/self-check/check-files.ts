import {resolve} from 'node:path';
import {errorCode} from '../error-code.ts';
import {Turns} from '../turns.ts';
import {coveredFiles} from './covered-files.ts';
import {hashFile} from './hash-file.ts';
import type {Manifest} from './manifest.ts';

/** A file that is not what the manifest says. */
export interface FileFinding {
  /** `added`: it lies where nothing else may be. */
  readonly problem: 'changed' | 'missing' | 'added' | 'unreadable';
  /** As manifests have it. */
  readonly path: string;
}

/** Compares all files with a manifest, in turns. @returns what is different, in the order of the paths */
export async function checkFiles(
  manifest: Manifest,
  {root, signal}: {readonly root: string; readonly signal?: AbortSignal | undefined},
): Promise<readonly FileFinding[]> {
  const turns = new Turns();
  const findings: FileFinding[] = [];
  try {
    for await (const path of coveredFiles(manifest.covers, {root, turns})) {
      if (!manifest.files.has(path)) findings.push({problem: 'added', path});
    }
  } catch (error) {
    // A directory that may not be read, or went away meanwhile.
    findings.push({problem: 'unreadable', path: pathOf(error)});
  }
  for (const [path, expected] of manifest.files) {
    signal?.throwIfAborted();
    const problem = await problemOf(resolve(root, path), expected, turns);
    if (problem) findings.push({problem, path});
    await turns.next();
  }
  return findings.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function problemOf(
  path: string,
  expected: string,
  turns: Turns,
): Promise<FileFinding['problem'] | undefined> {
  try {
    return (await hashFile(path, turns)) === expected ? undefined : 'changed';
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable';
  }
}

function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? String(error.path) : 'a directory';
}
