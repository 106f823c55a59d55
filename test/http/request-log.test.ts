import {expect} from 'chai';
import {
  NotAllowedError,
  RateLimitError,
  UnavailableError,
  toKmsError,
  type KmsError,
} from '../../lib/errors.ts';
import {requestRecorder, type RequestRecord} from '../../lib/http/request-log.ts';
import {NO_METRICS} from '../../lib/observability/metrics.ts';
import {recordingLog} from './test-server.ts';

function record(overrides: Partial<RequestRecord> & {error?: KmsError}): RequestRecord {
  return {
    requestId: 'id',
    method: 'POST',
    route: 'runKeyOperation',
    path: '/kms/keystores/z1/keys/z1',
    address: '192.0.2.1',
    request: undefined,
    status: overrides.error?.status ?? 200,
    seconds: 0.0012345,
    error: undefined,
    ...overrides,
  };
}

function logLines(level: string, request: RequestRecord): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  requestRecorder({log: recordingLog(lines, level), metrics: NO_METRICS})(request);
  for (const line of lines) delete line['time'];
  return lines;
}

const refused = new NotAllowedError('revoked', 'The capability was revoked.', {cause: new Error('row 7')});

describe('request log', () => {
  it('is one line that says who, what and how long', () => {
    const request = {invoker: 'did:key:z6Mk', action: 'sign', delegation: undefined};
    expect(logLines('info', record({request}))).to.deep.equal([
      {
        level: 'info',
        requestId: 'id',
        method: 'POST',
        route: 'runKeyOperation',
        path: '/kms/keystores/z1/keys/z1',
        status: 200,
        ms: 1.235,
        address: '192.0.2.1',
        invoker: 'did:key:z6Mk',
        action: 'sign',
        msg: 'request',
      },
    ]);
    const delegation = {capabilityId: `urn:uuid:1${'0'.repeat(300)}`, authority: 'did:key:z6Mf'};
    expect(logLines('info', record({request: {...request, delegation}}))[0]).to.include({
      capability: delegation.capabilityId.slice(0, 256),
      authority: 'did:key:z6Mf',
    });
  });

  it('says why a request was refused; at level debug with the cause', () => {
    const [line] = logLines('info', record({error: refused}));
    expect(line).to.include({level: 'info', status: 403, code: 'ERR_NOT_ALLOWED', reason: 'revoked'});
    expect(line).not.to.have.any.keys('why', 'cause', 'err');
    const [detailed] = logLines('debug', record({error: refused}));
    expect(detailed).to.deep.include({
      level: 'info',
      why: 'The capability was revoked.',
      cause: {name: 'Error', message: 'row 7'},
    });
  });

  it('tells our own failures with their stack, at a level that wakes somebody', () => {
    const [defect] = logLines('info', record({error: toKmsError(new TypeError('x is not a function'))}));
    expect(defect).to.include({level: 'error', status: 500, reason: 'ERR_INTERNAL'});
    expect(defect?.['err']).to.have.nested.property('cause.name', 'TypeError');
    expect(defect?.['err']).to.have.nested.property('cause.stack').that.includes('request-log.test.ts');
  });

  it('says in few words why it cannot answer, which may be every request; at level debug also where', () => {
    const cause = Object.assign(new Error('connect'), {code: 'ECONNREFUSED'});
    const error = new UnavailableError('The store is down.', {cause});
    const [down] = logLines('info', record({error}));
    expect(down).to.deep.include({
      level: 'warn',
      status: 503,
      reason: 'ERR_UNAVAILABLE',
      why: 'The store is down.',
      cause: {name: 'Error', message: 'connect', code: 'ECONNREFUSED'},
    });
    expect(JSON.stringify(down)).not.to.include('request-log.test.ts');
    const [detailed] = logLines('debug', record({error}));
    expect(detailed?.['err']).to.have.nested.property('cause.stack').that.includes('request-log.test.ts');
  });

  it('is quiet about load balancers that are content, and about floods', () => {
    expect(logLines('info', record({route: 'ready'}))).to.deep.equal([]);
    expect(logLines('info', record({error: new RateLimitError(1)}))).to.deep.equal([]);
    expect(logLines('debug', record({route: 'live'}))).to.have.length(1);
    expect(logLines('info', record({route: 'ready', error: new UnavailableError('No.')}))).to.have.length(1);
  });

  it('does not repeat a long path', () => {
    const [line] = logLines('info', record({path: `/${'a'.repeat(10_000)}`}));
    expect(line?.['path']).to.have.length(256);
  });
});
