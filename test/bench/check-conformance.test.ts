import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {checkConformance} from '../../bench/speed/check-conformance.ts';
import {openTlsFront, type TlsFront} from '../../bench/support/tls-front.ts';
import {startReferenceServer, type ReferenceServer} from '../interop/reference-server.ts';

/** What is timed must do what it is timed for: a check that cannot fail would not say so. */
describe('conformance before the benchmark', () => {
  let front: TlsFront;
  let reference: ReferenceServer;

  beforeEach(async () => {
    front = await openTlsFront();
    reference = await startReferenceServer({host: `localhost:${front.port}`});
    front.passTo(reference.port);
  });
  afterEach(async () => {
    await front.close();
    await reference.stop();
  });

  const outcome = async (): Promise<unknown> =>
    checkConformance(`https://localhost:${front.port}`, front.ca).catch((error: unknown) => error);
  const messageOf = async (): Promise<string> => {
    const error = await outcome();
    return error instanceof Error ? error.message : '';
  };

  it('accepts the reference', async () => {
    expect(await outcome()).to.equal(undefined);
  });

  it('refuses signatures that do not verify', async () => {
    const sign = async (): Promise<unknown> => ({signatureValue: randomBytes(64).toString('base64url')});
    Object.assign(reference.keys.operations, {sign});
    expect(await messageOf()).to.equal('A signature does not verify.');
  });

  it('refuses a server that forgets revocations', async () => {
    Object.assign(reference.state, {revoke: () => true});
    expect(await messageOf()).to.equal('Somebody without authority was not refused.');
  });
});
