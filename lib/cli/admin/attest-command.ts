import {readFile} from 'node:fs/promises';
import {isAdminSocketListening} from '../../admin/admin-client.ts';
import {AdminError} from '../../admin/admin-operation.ts';
import type {AttestResult} from '../../admin/operations/attest.ts';
import {parsePath} from '../../config/parsers.ts';
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
    'With --verify it asks no server: it exits with 1 where the statement is not of that key, has another nonce or digest, or says',
    'that something was found.',
  ],
  options: {
    nonce: {value: 'TEXT', meaning: 'goes into the statement: it was not made before'},
    verify: {value: 'FILE', meaning: 'verifies a statement; with --key'},
    key: {value: 'DID', meaning: 'the did:key that the server is known by'},
    digest: {value: 'DIGEST', meaning: 'that of the manifest, as it was recorded'},
  },
  run: async (invocation) => {
    const {verify, key, digest} = invocation.values;
    if (typeof verify === 'string') return verifyFile(invocation, verify);
    if (key !== undefined || digest !== undefined)
      throw new UsageError('admin attest: --key and --digest are for --verify.');
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
  let claims;
  try {
    claims = verifyStatement(await readStatement(parsePath(file)), key);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    throw new AdminError('failed', error.message, {cause: error});
  }
  const problems = [
    ...(nonce !== undefined && claims['nonce'] !== nonce ? ['its nonce is another'] : []),
    ...(digest !== undefined && claims['digest'] !== digest ? ['its digest is another'] : []),
    ...(claims['selfCheck'] === 'passed' ? [] : [`the check says: ${JSON.stringify(claims['selfCheck'])}`]),
  ];
  print(
    claims,
    Object.entries(claims).map(
      ([name, value]) =>
        `${name}: ${typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value)}`,
    ),
  );
  if (problems.length === 0) return 0;
  io.err(`webkms: the statement is the server’s, but ${problems.join('; ')}`);
  return EXIT_FAILURE;
}

async function readStatement(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return bytes.subarray(0, MAX_STATEMENT_BYTES).toString('latin1').trim();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error';
    throw new AdminError('not-found', `${path} cannot be read (${code}).`, {cause});
  }
}
