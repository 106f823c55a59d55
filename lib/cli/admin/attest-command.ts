import {readFile} from 'node:fs/promises';
import {isAdminSocketListening} from '../../admin/admin-client.ts';
import {AdminError} from '../../admin/admin-operation.ts';
import type {AttestResult} from '../../admin/operations/attest.ts';
import {parseDuration, parsePath} from '../../config/parsers.ts';
import {errorCode} from '../../error-code.ts';
import {checkStatement} from '../../self-check/statement-checks.ts';
import {StatementError, verifyStatement} from '../../self-check/statement.ts';
import {EXIT_FAILURE, UsageError} from '../command.ts';
import type {AdminCommand, AdminInvocation} from './admin-command.ts';

const MAX_STATEMENT_BYTES = 65_536;
const PLAIN = /^[\x20-\x7e]+$/;

export const attestCommand: AdminCommand = {
  name: 'attest',
  summary: 'Have the running server sign what it is and whether its files are those of its manifest',
  help: [
    'Prints a statement of the running server, a JWS that its key of this node has signed: release, digest of the manifest, outcome of a',
    'check made for it, and the nonce. --json names the key, a did:key: note it where the server is known to be as it should be.',
    'With --verify it asks no server: it exits with 1 where the statement is not of that key, has another nonce or digest, is too old, or',
    'says that something was found. With --nonce of yours it is new; without, it may have been signed 5 minutes ago and no longer. What was',
    'looked at, and what was not, it says.',
  ],
  options: {
    nonce: {value: 'TEXT', meaning: 'goes into the statement: it was not made before'},
    verify: {value: 'FILE', meaning: 'verifies a statement; with --key'},
    key: {value: 'DID', meaning: 'the did:key that the server is known by'},
    'max-age': {
      value: 'DURATION',
      meaning: 'how long ago it may have been signed, e.g. 1h, or off; 5m unless --nonce is given',
    },
    digest: {value: 'DIGEST', meaning: 'that of the manifest, as it was recorded'},
  },
  run: async (invocation) => {
    const {verify, key, digest} = invocation.values;
    if (typeof verify === 'string') return verifyFile(invocation, verify);
    if (key !== undefined || digest !== undefined || invocation.values['max-age'] !== undefined)
      throw new UsageError('admin attest: --key, --digest and --max-age are for --verify.');
    const {settings, connect, print, values} = invocation;
    const {nonce} = values;
    if (!(await isAdminSocketListening(settings.dataDir)))
      throw new AdminError('refused', `No server runs on ${settings.dataDir}: there is nothing to attest.`);
    await using connection = await connect();
    const result = (await connection.call('attest', nonce === undefined ? {} : {nonce})) as AttestResult;
    print(result, [result.statement]);
    return 0;
  },
};

async function verifyFile({values, print, io}: AdminInvocation, file: string): Promise<number> {
  const {key, nonce, digest} = values;
  if (typeof key !== 'string') throw new UsageError('admin attest: --verify needs --key DID.');
  const maxAgeSeconds = parseMaxAge(textOf(values['max-age']));
  let claims;
  try {
    claims = verifyStatement(await readStatement(parsePath(file)), key);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    throw new AdminError('failed', error.message, {cause: error});
  }
  const {problems, ...looked} = checkStatement(claims, {
    nonce: textOf(nonce),
    digest: textOf(digest),
    maxAgeSeconds,
    now: Date.now(),
  });
  const checked = ['signature', ...looked.checked];
  const {unchecked} = looked;
  print({claims, checked, unchecked, problems}, [
    ...Object.entries(claims).map(
      ([name, value]) =>
        `${name}: ${typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value)}`,
    ),
    `looked at: ${checked.join(', ')}`,
    ...(unchecked.length > 0 ? [`not looked at: ${unchecked.join(', ')}`] : []),
  ]);
  if (problems.length === 0) return 0;
  io.err(`webkms: the statement is the server’s, but ${problems.join('; ')}`);
  return EXIT_FAILURE;
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** @throws UsageError */
function parseMaxAge(text: string | undefined): number | 'off' | undefined {
  if (text === undefined || text === 'off') return text;
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(`admin attest: --max-age ${error.message}`);
  }
}

async function readStatement(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return bytes.subarray(0, MAX_STATEMENT_BYTES).toString('latin1').trim();
  } catch (cause) {
    const code = errorCode(cause) ?? 'error';
    throw new AdminError('not-found', `${path} cannot be read (${code}).`, {cause});
  }
}
