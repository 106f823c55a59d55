import {existsSync} from 'node:fs';
import {dirname, isAbsolute, join, relative, sep} from 'node:path';

/** Where the manifest of the build lies in the package. */
export const BUILT_MANIFEST = 'dist/manifest.json';

/** The package as it runs. */
export interface Installation {
  /** Absolute: where its package.json is. */
  readonly root: string;
  /** TypeScript, and not what was compiled of it. */
  readonly fromSources: boolean;
}

export function findInstallation(): Installation {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'package.json')) && root !== dirname(root)) root = dirname(root);
  return {root, fromSources: import.meta.filename.endsWith('.ts')};
}

/** As manifests have it. @param path absolute */
export function manifestPath(root: string, path: string): string {
  const inside = relative(root, path);
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return (isOutside ? path : inside).replaceAll(sep, '/');
}

/** @returns what the launcher runs, and what it would run in its place */
export function programPaths({fromSources}: Pick<Installation, 'fromSources'>): readonly string[] {
  return fromSources
    ? ['package.json', 'bin', 'lib', 'schemas']
    : ['package.json', 'bin', 'dist', 'lib/cli/main.ts'];
}
