import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {expect} from 'chai';

const run = promisify(execFile);
const MODULE = new URL('../lib/errors.ts', import.meta.url).href;
const BASE = new URL('../lib/kms-error.ts', import.meta.url).href;

const COUNT_FRAMES = `
  const frames = ({stack}) => stack.split('\\n').filter((line) => /^ +at /.test(line)).length;
  const cause = new TypeError('x is not a function');
  const {message, cause: caused, ...refusal} = new errors.NotAllowedError('revoked', 'It was.', {cause});
  const own = frames(new errors.NotFoundError('No.'));
  console.log(JSON.stringify({
    own: own > 0,
    internal: frames(new errors.InternalError(cause)) > 0,
    cause: frames(caused) > 0,
    others: frames(new Error('after')) > 0,
    text: String(new errors.NotFoundError('No.')),
    reason: refusal.reason,
  }));
`;

/** Runs in a process of its own: what is left out stays left out. */
async function framesAfter(code: string): Promise<unknown> {
  const script = `import * as errors from '${MODULE}'; import {omitStacks} from '${BASE}'; ${code} ${COUNT_FRAMES}`;
  const {stdout} = await run(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout);
}

describe('stacks of errors', () => {
  const same = {cause: true, others: true, text: 'NotFoundError: No.', reason: 'revoked'};

  it('say where an error was made', async () => {
    expect(await framesAfter('')).to.deep.equal({own: true, internal: true, ...same});
  });

  it('are left out of ours where the process is a server; what they were caused by has its own', async () => {
    expect(await framesAfter('omitStacks();')).to.deep.equal({own: false, internal: false, ...same});
  });
});
