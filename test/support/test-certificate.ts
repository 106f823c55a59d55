import {createSelfSignedCertificate} from '../../lib/http/self-signed-certificate.ts';

export interface TestCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

/** A certificate, by default for `localhost` and 127.0.0.1, good for an hour; to trust it, give `cert` as `ca`. */
export async function testCertificate(hosts = ['localhost', '127.0.0.1']): Promise<TestCertificate> {
  const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3600_000)];
  return createSelfSignedCertificate({hosts, notBefore, notAfter});
}
