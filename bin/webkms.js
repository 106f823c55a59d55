#!/usr/bin/env node
// Plain JavaScript, for any Node since 14: goes on if this one is new enough, else runs again under the Node that is
// installed as a dependency.
import {spawn, spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import * as nodeModule from 'node:module';
import {constants} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const NEEDED = [24, 15];
/** The name under which the launcher runs itself again. */
const LAUNCHED = 'webkms-launched';
const LAUNCHER = fileURLToPath(import.meta.url);
const PACKAGE = dirname(dirname(LAUNCHER));

// Node.js would open its debugger to every process of the machine. It is for those who start the program with --inspect.
if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);

if (isNewEnough(process.versions.node)) {
  await run();
} else {
  const node = findNode();
  if (node === undefined) {
    console.error(
      `webkms needs Node.js ${NEEDED.join('.')} or newer; this is ${process.versions.node}. ` +
        'Install a newer Node.js, or install this package with its optional dependencies (npm ci).',
    );
    process.exit(1);
  }
  relaunch(node);
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

async function run() {
  // A server must not outlive its launcher, of which it is the only purpose.
  if (process.argv0 === LAUNCHED && process.channel) {
    process.once('disconnect', () => process.exit(1));
    process.channel.unref();
  }
  // The cache holds compiled code: it is kept where only those write who may change the code, not in the shared
  // temporary directory. Where that cannot be written, there is no cache; nor where the code is checked before it runs.
  if (process.env.WEBKMS_SELF_CHECK !== 'enforce')
    nodeModule.enableCompileCache(join(PACKAGE, 'node_modules', '.cache', 'webkms'));
  const source = join(PACKAGE, 'lib', 'cli', 'main.ts');
  const compiled = join(PACKAGE, 'dist', 'lib', 'cli', 'main.js');
  const {main} = await import(pathToFileURL(existsSync(source) ? source : compiled).href);
  process.exitCode = await main(process.argv.slice(2));
}

/** The first `node_modules/.bin/node` of this folder or those above that is new enough. */
function findNode() {
  for (let folder = PACKAGE; ; folder = dirname(folder)) {
    const node = join(folder, 'node_modules', '.bin', 'node');
    if (existsSync(node)) {
      const {stdout} = spawnSync(node, ['--version'], {encoding: 'utf8'});
      if (stdout && isNewEnough(stdout.trim().slice(1))) return node;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** Runs this file again; signals and the way it ends are passed through. */
function relaunch(node) {
  const child = spawn(node, ['--disable-sigusr1', LAUNCHER, ...process.argv.slice(2)], {
    argv0: LAUNCHED,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`webkms could not be run with ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}
