import {X509Certificate, createPrivateKey} from 'node:crypto';
import {chmod, mkdir, readFile, rename, stat, writeFile} from 'node:fs/promises';
import {isIP} from 'node:net';
import {dirname, join} from 'node:path';
import {errorCode} from '../error-code.ts';
import {createSelfSignedCertificate} from './self-signed-certificate.ts';

export interface Credentials {
  /** PEM: the certificate, then its chain. */
  readonly cert: string;
  /** PEM */
  readonly key: string;
}

export interface SelfSignedCredentials extends Credentials {
  /** Where the certificate is kept, for clients to trust. */
  readonly certPath: string;
  /** Whether it was made just now. */
  readonly made: boolean;
}

const DAY_MS = 86_400_000;
/** Some clients refuse certificates that live longer than 398 days. */
const LIFETIME_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;
/** Automatic renewal has failed where so little is left. */
const WARN_BEFORE_DAYS = 14;

/** The files are not a certificate and its key. Says which setting to look at. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
  readonly code = 'ERR_TLS_FILES';
}

/** @throws TlsFilesError */
export async function loadCredentials(paths: {
  readonly cert: string;
  readonly key: string;
}): Promise<Credentials> {
  const cert = await readPem(paths.cert, 'WEBKMS_TLS_CERT');
  const key = await readPem(paths.key, 'WEBKMS_TLS_KEY');
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return {cert, key};
  } catch (cause) {
    throw new TlsFilesError(
      'WEBKMS_TLS_CERT and WEBKMS_TLS_KEY must be PEM files of a certificate and its key.',
      {cause},
    );
  }
  throw new TlsFilesError('WEBKMS_TLS_KEY is not the key of the certificate in WEBKMS_TLS_CERT.');
}

/** What clients refuse, or soon will. @param cert PEM. @returns undefined where there is nothing to say */
export function expiryWarning(cert: string, now: Date = new Date()): string | undefined {
  const {validFromDate, validToDate} = new X509Certificate(cert);
  const name = 'the certificate in WEBKMS_TLS_CERT';
  if (now < validFromDate) return `${name} is not valid before ${validFromDate.toISOString()}`;
  if (now > validToDate) return `${name} has expired on ${validToDate.toISOString()}`;
  const isLittle = validToDate.getTime() - now.getTime() < WARN_BEFORE_DAYS * DAY_MS;
  return isLittle ? `${name} expires on ${validToDate.toISOString()}: renew it, then send SIGHUP` : undefined;
}

/**
 * The self-signed certificate of a data directory (`tls.crt`, and `tls.key` with mode 0600): made when there is none, and
 * again when it is about to expire, is for another host, does not belong to its key, or its key was open to others.
 *
 * @param host host name or IP address of the base URL, without brackets
 */
export async function loadSelfSigned(
  dataDir: string,
  {host, now = new Date()}: {readonly host: string; readonly now?: Date},
): Promise<SelfSignedCredentials> {
  const certPath = join(dataDir, 'tls.crt');
  const keyPath = join(dataDir, 'tls.key');
  const hosts = [...new Set([host, 'localhost', '127.0.0.1', '::1'])];
  const kept = await readKept(certPath, keyPath);
  if (kept && isGood(kept, hosts, now)) return {...kept, certPath, made: false};
  const made = await createSelfSignedCertificate({
    hosts,
    // Clocks differ.
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + (LIFETIME_DAYS - 1) * DAY_MS),
  });
  await mkdir(dataDir, {recursive: true, mode: 0o700});
  await replaceFile(keyPath, made.key, 0o600);
  await replaceFile(certPath, made.cert, 0o644);
  return {...made, certPath, made: true};
}

async function readPem(path: string, variable: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = errorCode(cause) ?? 'error';
    throw new TlsFilesError(`${variable} names a file that cannot be read (${code}).`, {cause});
  }
}

async function readKept(certPath: string, keyPath: string): Promise<Credentials | undefined> {
  try {
    const {mode} = await stat(keyPath);
    if ((mode & 0o077) !== 0) return undefined;
    return {cert: await readFile(certPath, 'utf8'), key: await readFile(keyPath, 'utf8')};
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isGood({cert, key}: Credentials, hosts: readonly string[], now: Date): boolean {
  try {
    const certificate = new X509Certificate(cert);
    const renewAt = certificate.validToDate.getTime() - RENEW_BEFORE_DAYS * DAY_MS;
    const isFor = (host: string): boolean =>
      (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
    return (
      now.getTime() < renewAt && hosts.every(isFor) && certificate.checkPrivateKey(createPrivateKey(key))
    );
  } catch {
    return false;
  }
}

/** The file is the old one or the new one, whenever it is looked at. */
async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = join(dirname(path), `.${process.pid}.tmp`);
  await writeFile(temporary, content, {mode, flag: 'w', flush: true});
  await chmod(temporary, mode);
  await rename(temporary, path);
}
