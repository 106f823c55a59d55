// The script of token threads: each has one session, and does one job at a time.
import {createRequire} from 'node:module';
import {parentPort, workerData} from 'node:worker_threads';
import type * as Binding from 'pkcs11js';
import {returnValue} from './binding-values.ts';
import type {JobMessage, JobReply} from './token-job.ts';
import {TokenSession} from './token-session.ts';

const port = parentPort;
if (!port) throw new Error('This is the script of a worker thread.');
// Compiled at installation, where that could be done.
const {PKCS11} = createRequire(import.meta.url)('pkcs11js') as typeof Binding;
const {library} = workerData as {readonly library: string};

let session: TokenSession | undefined;

function openSession(): TokenSession {
  if (session) return session;
  const binding = new PKCS11();
  binding.load(library);
  session = new TokenSession(binding);
  session.initialize();
  return session;
}

/** Exactly its bytes, in memory of their own: a view would take all that it is a view of with it. */
function detach(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const own = Uint8Array.from(bytes);
  bytes.fill(0);
  return own;
}

function answer({job, parameters}: JobMessage): JobReply {
  try {
    const result: unknown = openSession().run(job, parameters);
    return {result: result instanceof Uint8Array ? detach(result) : result};
  } catch (error) {
    const {code, message} = returnValue(error) ?? {};
    if (code !== undefined && message !== undefined) return {failed: message, code};
    return {failed: error instanceof Error ? error.message : typeof error};
  } finally {
    if ('data' in parameters) parameters.data.fill(0);
  }
}

port.on('message', (message: JobMessage) => {
  const reply = answer(message);
  const bytes = 'result' in reply && reply.result instanceof Uint8Array ? [reply.result.buffer] : [];
  port.postMessage(reply, bytes as ArrayBuffer[]);
});
