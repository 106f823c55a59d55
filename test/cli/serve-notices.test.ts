import {expect} from 'chai';
import {whatNext} from '../../lib/cli/serve-notices.ts';

describe('what a server that has started says', () => {
  const settings = {baseUrl: 'https://kms.example', dataDir: '/data', tls: {mode: 'self-signed'}} as const;
  const said = (url: string, others: Partial<Parameters<typeof whatNext>[1]> = {}): string =>
    whatNext(url, {...settings, ...others}).join('\n');

  it('names the public origin where that is another than where it listens', () => {
    expect(said('https://127.0.0.1:9447'))
      .to.include('Its public origin is https://kms.example (WEBKMS_BASE_URL)')
      .and.include('https://127.0.0.1:9447/health/ready');
    expect(said('https://kms.example')).to.not.include('WEBKMS_BASE_URL');
  });

  it('makes a profile at the public origin, with the certificate that nobody knows yet', () => {
    const line = 'npx webkms init --server https://kms.example';
    expect(said('https://kms.example').split('\n')).to.include(
      `To make keys with it, in another terminal: ${line} --ca /data/tls.crt`,
    );
    expect(said('https://kms.example', {tls: {mode: 'off'}})).to.match(new RegExp(`${line}$`, 'm'));
  });
});
