import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {Settings} from '../config/settings.ts';

/** What the person who has started the server may want to do next. */
export function whatNext(
  url: string,
  {baseUrl, tls, dataDir}: Pick<Settings, 'baseUrl' | 'tls' | 'dataDir'>,
): string[] {
  // The story comes with the project, not with the package.
  const hasStory = existsSync(new URL('../../examples/quickstart.ts', import.meta.url));
  const ca = tls.mode === 'self-signed' ? ` --ca ${join(dataDir, 'tls.crt')}` : '';
  return [
    ...(url === baseUrl
      ? []
      : [`Its public origin is ${baseUrl} (WEBKMS_BASE_URL): requests for another host are refused.`]),
    `To see whether it is ready: ${url}/health/ready`,
    `To make keys with it, in another terminal: npx webkms init --server ${baseUrl}${ca}`,
    ...(hasStory ? ['To see everything it does, told by the official clients: npm run quickstart'] : []),
    'To stop it: Ctrl+C',
  ];
}
