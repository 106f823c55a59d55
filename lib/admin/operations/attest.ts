import {packageVersion} from '../../package-version.ts';
import {signStatement} from '../../self-check/statement.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {openAttestationKey} from '../attestation-key.ts';
import {optionalText, readParameters} from '../parameters.ts';

const MAX_NONCE_CHARACTERS = 256;

export interface AttestParameters {
  /** Of who asks: a statement that has it was not made before. */
  readonly nonce?: string;
}

export interface AttestResult {
  /** A compact JWS. */
  readonly statement: string;
  /** The did:key that has signed it. */
  readonly key: string;
}

/** One at a time: the key is made by the first. */
let before: Promise<unknown> = Promise.resolve();

/** `webkms admin attest`: what the running server says of itself, signed by this node's key. */
export const attest: AdminOperation<AttestParameters, AttestResult> = {
  name: 'attest',
  whileSealed: false,

  parse(parameters) {
    const nonce = optionalText(readParameters(parameters, ['nonce']), 'nonce', MAX_NONCE_CHARACTERS);
    return nonce === undefined ? {} : {nonce};
  },

  async run({settings, selfCheck, hierarchy, log}, {nonce}) {
    if (!selfCheck)
      throw new AdminError('refused', 'No server runs on this data directory: there is nothing to attest.');
    const opening = before.then(() =>
      openAttestationKey({dataDir: settings.dataDir, wrappers: hierarchy, log}),
    );
    before = opening.catch(() => undefined);
    const key = await opening;
    const isOff = settings.selfCheck.mode === 'off';
    const {mode, result, digest, findings, checkedAt} = await (isOff
      ? selfCheck.report()
      : selfCheck.check());
    const now = Date.now();
    const claims = {
      iss: key.did,
      iat: seconds(now),
      ...(nonce !== undefined && {nonce}),
      version: packageVersion(),
      node: process.version,
      baseUrl: settings.baseUrl,
      started: seconds(now - process.uptime() * 1000),
      mode,
      selfCheck: result,
      ...(digest !== undefined && {digest}),
      ...(findings && {findings: findings.length}),
      ...(checkedAt !== undefined && {checked: seconds(checkedAt)}),
    };
    return {statement: signStatement(claims, (data) => key.sign(data)), key: key.did};
  },
};

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
