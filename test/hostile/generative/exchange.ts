import {connect} from 'node:net';

/** What came back for a request, as far as it tells of success. */
export interface Answer {
  /** Of all answers on the connection; empty where it was closed without one. */
  readonly statuses: readonly number[];
  readonly text: string;
}

/**
 * Sends bytes over a connection of their own. It is closed for writing once an answer has come, or where none comes in
 * `patienceMs`: some mutants end before they say they do.
 */
export function exchange(port: number, bytes: Buffer, patienceMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({host: '127.0.0.1', port, noDelay: true});
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => socket.end(), patienceMs);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      socket.end();
    });
    socket.on('close', () => {
      clearTimeout(timer);
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({
        statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)),
        text,
      });
    });
    socket.write(bytes);
  });
}
