import {createSocket, type Socket} from 'node:dgram';
import {once} from 'node:events';
import {expect} from 'chai';
import {createDidResolver} from '../../../lib/zcap/did/did-resolver.ts';
import {createDnsResolution} from '../../../lib/zcap/did/resolve-addresses.ts';
import {expectUnresolved} from './expect-did-refusal.ts';

const A = 1;
const AAAA = 28;
const NAME_ERROR = 3;

/** Records by name and type; the addresses are bytes. */
type Zone = Readonly<Record<string, {readonly [A]?: readonly number[]; readonly [AAAA]?: readonly number[]}>>;

/** Answers one DNS question (RFC 1035 §4) out of a zone. */
function answer(query: Buffer, zone: Zone): Buffer {
  let end = 12;
  const labels: string[] = [];
  for (let length = query.readUInt8(end); length > 0; length = query.readUInt8(end)) {
    labels.push(query.toString('latin1', end + 1, end + 1 + length));
    end += 1 + length;
  }
  const question = query.subarray(12, end + 5);
  const records = zone[labels.join('.').toLowerCase()];
  const type = query.readUInt16BE(end + 1);
  const address = type === A ? records?.[A] : type === AAAA ? records?.[AAAA] : undefined;
  const header = Buffer.from([
    0,
    0,
    0x81,
    0x80 | (records === undefined ? NAME_ERROR : 0),
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  query.copy(header, 0, 0, 2);
  if (address === undefined) return Buffer.concat([header, question]);
  header.writeUInt16BE(1, 6);
  // A pointer to the question's name, the type, class IN, a minute to live, the address.
  const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address]);
  return Buffer.concat([header, question, record]);
}

describe('DNS resolution', () => {
  const zone: Zone = {
    'both.example': {[A]: [93, 184, 215, 14], [AAAA]: [0x26, 6, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]},
    'v4.example': {[A]: [93, 184, 215, 14]},
    'private.example': {[A]: [10, 0, 0, 1]},
    'mixed.example': {[A]: [93, 184, 215, 14], [AAAA]: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]},
    'empty.example': {},
  };
  const never = new AbortController().signal;
  let socket: Socket;
  let servers: string[];
  let mute = false;
  let questions = 0;

  before(async () => {
    socket = createSocket('udp4', (query, from) => {
      questions++;
      if (!mute) socket.send(answer(query, zone), from.port, from.address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    servers = [`127.0.0.1:${socket.address().port}`];
  });
  after(() => socket.close());

  it('gives all addresses of a name, of both families', async () => {
    const resolve = createDnsResolution({servers});
    const addresses = await resolve('both.example', never);
    // Otherwise something has replaced the resolver in this process, or what listens at the port is another.
    expect(questions, 'the name server was asked').to.be.at.least(2);
    expect([...addresses].sort()).to.deep.equal(['2606:2800::1', '93.184.215.14']);
    expect(await resolve('v4.example', never)).to.deep.equal(['93.184.215.14']);
  });

  it('gives none for a name that is not there, or has no address', async () => {
    const resolve = createDnsResolution({servers});
    expect(await resolve('nowhere.example', never)).to.deep.equal([]);
    expect(await resolve('empty.example', never)).to.deep.equal([]);
  });

  it('gives up at the deadline', async () => {
    mute = true;
    try {
      expect(await createDnsResolution({servers})('v4.example', AbortSignal.timeout(20))).to.deep.equal([]);
    } finally {
      mute = false;
    }
  });

  it('R51 holds the addresses of the DNS against the policy', async () => {
    const didWeb = {enabled: true, resolveAddresses: createDnsResolution({servers})};
    const resolver = createDidResolver({didWeb});
    const resolve = (host: string) =>
      resolver.verificationMethod(`did:web:${host}#key-1`, 'capabilityInvocation');
    await expectUnresolved(resolve('private.example'), 'address');
    await expectUnresolved(resolve('mixed.example'), 'address');
    await expectUnresolved(resolve('nowhere.example'), 'dns');
  });
});
