import {join} from 'node:path';
import {signedRequest, wireBytes} from '../../test/support/signed-request.ts';
import {OWNER} from '../scene/parties.ts';
import {startProcess} from '../support/bench-process.ts';
import type {Column} from './column.ts';
import type {Row} from './row.ts';

const SERVERS = join(import.meta.dirname, '../servers');
const KEY = 'https://localhost:12345/kms/keystores/z1A9uFsxVcmLRAv2WpVkpjqkj/keys/z1AAPn2TqmDERqRVgJ4ebPdMN';

/** What cannot be done without, on node:http or on Express. */
export async function startLimitColumn(name: 'limit' | 'express'): Promise<Column> {
  const program = name === 'limit' ? 'limit-server.ts' : 'express-limit-server.ts';
  const process = await startProcess(join(SERVERS, program), {
    environment: {NODE_ENV: 'production'},
  });
  return {
    ...{name, process, port: Number(new URL(process.listensOn).port)},
    make: async (row, count) => Array.from({length: count}, () => requestOf(row)),
    isExpected: (_row, status) => status === 200,
    stop: () => process.stop(),
  };
}

const made = new Map<Row, Buffer>();

/** As long as a request with a root capability, whatever the row's own requests are: no chain makes the limit dearer. */
function requestOf(row: Row): Buffer {
  let bytes = made.get(row);
  if (!bytes) {
    const {verifications, work, method = 'POST'} = row.limit;
    const json = {type: 'SignOperation', invocationTarget: KEY, verifyData: 'A'.repeat(86)};
    const body = method === 'POST' ? {json} : {};
    const request = signedRequest({url: KEY, action: 'sign', signer: OWNER, method, ...body});
    made.set(row, (bytes = wireBytes({...request, target: `/${verifications}/${work}`})));
  }
  return bytes;
}
