import {once} from 'node:events';
import {connect, type AddressInfo} from 'node:net';
import {pipeline} from 'node:stream';
import {createServer, type TLSSocket} from 'node:tls';
import {testCertificate} from '../../test/support/test-certificate.ts';

/** Stands in front of servers of plain HTTP for clients that insist on TLS, as a proxy does. */
export interface TlsFront {
  readonly port: number;
  /** PEM: the certificate to trust. */
  readonly ca: string;
  /** Where connections that come from now on are passed to, on the loopback interface. */
  passTo(port: number): void;
  close(): Promise<void>;
}

export async function openTlsFront(): Promise<TlsFront> {
  const {cert, key} = await testCertificate();
  const sockets = new Set<TLSSocket>();
  let target = 0;
  const server = createServer({cert, key}, (socket) => {
    sockets.add(socket);
    const behind = connect(target, '127.0.0.1');
    pipeline(socket, behind, socket, () => {
      sockets.delete(socket);
      behind.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  return {
    port,
    ca: cert,
    passTo: (behind) => {
      target = behind;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
