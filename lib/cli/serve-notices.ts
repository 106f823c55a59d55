import {existsSync} from 'node:fs';

/** What the person who has started the server may want to do next. */
export function whatNext(url: string): string[] {
  // The story comes with the project, not with the package.
  const hasStory = existsSync(new URL('../../examples/quickstart.ts', import.meta.url));
  return [
    `To see whether it is ready: ${url}/health/ready`,
    ...(hasStory ? ['To see everything it does, told by the official clients: npm run quickstart'] : []),
    'To stop it: Ctrl+C',
  ];
}
