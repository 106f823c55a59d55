import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const MAX_LINES = 250;

const sources = ['lib', 'schemas'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, folder, name)),
);

/** File → the files of the project that it imports, types included, dynamic imports not. */
const imports = new Map(
  sources.map((file) => {
    const specifiers = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)';/gms);
    return [file, Array.from(specifiers, ([, specifier = '']) => join(dirname(file), specifier))];
  }),
);

function findCycle(file: string, path: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (done.has(file)) return undefined;
  for (const imported of imports.get(file) ?? []) {
    const cycle = findCycle(imported, [...path, file], done);
    if (cycle) return cycle;
  }
  done.add(file);
  return undefined;
}

describe('the structure of lib and schemas', () => {
  it('has no import cycles', () => {
    const done = new Set<string>();
    for (const file of sources) {
      const cycle = findCycle(file, [], done);
      expect(
        cycle?.map((name) => relative(ROOT, name)),
        'a cycle',
      ).to.equal(undefined);
    }
    // The test sees what it should: the composition root imports a great deal.
    expect(imports.get(join(ROOT, 'lib/app.ts'))?.length).to.be.greaterThan(10);
  });

  it(`has no file of more than ${MAX_LINES} lines`, () => {
    const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > MAX_LINES);
    expect(long.map((file) => relative(ROOT, file))).to.deep.equal([]);
  });
});
