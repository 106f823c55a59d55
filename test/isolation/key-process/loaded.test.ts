import {spawnSync} from 'node:child_process';
import {expect} from 'chai';

const LIB = new URL('../../../lib/', import.meta.url);

/** Loads modules in a process of their own. @returns what was loaded for them: files, and parts of Node */
function loadedBy(...modules: readonly string[]): {
  readonly files: readonly string[];
  readonly parts: readonly string[];
} {
  const script = `
    import {registerHooks} from 'node:module';
    const files = [];
    registerHooks({load: (url, context, next) => (files.push(url), next(url, context))});
    for (const url of ${JSON.stringify(modules)}) await import(url);
    process.stdout.write(JSON.stringify({files, parts: process.moduleLoadList}));`;
  const {stdout, stderr} = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof loadedBy>;
}

const FOREIGN = [
  /^node:(?:http|https|http2|tls|dgram|inspector)$/,
  /\/lib\/(?:http|zcap|storage\/(?:sqlite|postgres|mongodb)|client)\//,
  /\/node_modules\/(?:express|pg|mongodb|better-sqlite3|jsonld|prom-client)\//,
  /@digitalbazaar\/(?:zcap|http-)/,
];
const PARSER = /^(?:NativeModule _http_|NativeModule internal\/http2|Internal Binding http_parser)/;

describe('what the key process loads', () => {
  const keyProcess = new URL('isolation/key-process/key-process.ts', LIB).href;
  const operations = new URL('admin/operation-table.ts', LIB).href;

  it('is nothing that parses what strangers send, no driver of a database, and no HTTP', () => {
    const {files, parts} = loadedBy(keyProcess);
    expect(files.filter((url) => FOREIGN.some((pattern) => pattern.test(url)))).to.deep.equal([]);
    expect(parts.filter((name) => PARSER.test(name))).to.deep.equal([]);
    expect(files.some((url) => url.endsWith('lib/operations/key-service.ts'))).to.equal(true);
  });

  it('is no HTTP for operators’ commands either', () => {
    const {files, parts} = loadedBy(keyProcess, operations);
    // Backups of a store without a server take its driver, whose native code is not loaded, nor could be.
    const foreign = files.filter((url) => FOREIGN.some((pattern) => pattern.test(url)));
    expect(foreign.filter((url) => !url.includes('/node_modules/better-sqlite3/'))).to.deep.equal([]);
    expect(parts.filter((name) => PARSER.test(name))).to.deep.equal([]);
  });

  it('would be seen', () => {
    const {files, parts} = loadedBy(new URL('app.ts', LIB).href);
    for (const pattern of FOREIGN.slice(0, 2)) {
      expect(
        files.some((url) => pattern.test(url)),
        String(pattern),
      ).to.equal(true);
    }
    expect(parts.some((name) => PARSER.test(name))).to.equal(true);
  });
});
