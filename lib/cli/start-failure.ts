import type {Settings} from '../config/settings.ts';

/** Why the server did not start, and what to do about it, for the person who started it. */
export function startFailure(error: unknown, {listen}: Pick<Settings, 'listen'>): string {
  const message = error instanceof Error ? error.message : 'an unknown failure';
  const code = listenCode(error) ?? '';
  switch (code) {
    case 'EADDRINUSE':
      return `port ${listen.port} is taken by another process; stop that, or set WEBKMS_LISTEN (and WEBKMS_BASE_URL).`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${listen.host} is no address of this machine; set WEBKMS_LISTEN.`;
    case 'EACCES':
      return `this user may not listen on port ${listen.port}; set WEBKMS_LISTEN to a port above 1023.`;
    default:
      return `the server could not start: ${message}`;
  }
}

/** The code of an error that came from listening or from looking up where to listen. */
function listenCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return error.syscall === 'listen' || error.syscall === 'getaddrinfo' ? String(error.code) : undefined;
}
