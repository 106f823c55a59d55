import type {Agent} from 'node:https';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {ZcapClient} from '@digitalbazaar/ezcap';
import {KmsClient, type InvocationSigner, type KeystoreConfigDocument} from '@digitalbazaar/webkms-client';

/** Who makes requests, as far as the clients need to know. */
export interface Party {
  readonly did: string;
  readonly signer: InvocationSigner;
}

/** A server over HTTPS. */
export interface Site {
  /** Its public origin. */
  readonly url: string;
  /** Trusts its certificate. */
  readonly httpsAgent: Agent;
}

export interface CreateKeyOptions {
  readonly type?: string;
  readonly maxCapabilityChainLength?: number;
}

export interface CreatedKey {
  readonly keystoreId: string;
  readonly keyId: string;
  /** A client for the keystore. */
  readonly kms: KmsClient;
}

/** The official clients, set up to talk to a server. */
export class OfficialClients {
  /** The URL that keystores are created at. */
  readonly keystoresUrl: string;
  readonly httpsAgent: Agent;

  constructor({url, httpsAgent}: Site) {
    this.keystoresUrl = `${url}/kms/keystores`;
    this.httpsAgent = httpsAgent;
  }

  /** A client for a keystore's controllers or, without keystore, for holders of capabilities. */
  kms(keystoreId?: string): KmsClient {
    return new KmsClient({httpsAgent: this.httpsAgent, ...(keystoreId !== undefined && {keystoreId})});
  }

  zcap({signer}: Pick<Party, 'signer'>): ZcapClient {
    return new ZcapClient({
      SuiteClass: Ed25519Signature2020,
      invocationSigner: signer,
      delegationSigner: signer,
      agent: this.httpsAgent,
    });
  }

  /** @param config beside `sequence` and `controller` */
  async createKeystore(
    {did, signer}: Party,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<KeystoreConfigDocument> {
    return KmsClient.createKeystore({
      url: this.keystoresUrl,
      config: {sequence: 0, controller: did, ...config},
      invocationSigner: signer,
      httpsAgent: this.httpsAgent,
    });
  }

  /** A key in a new keystore of `owner`'s; Ed25519 unless told otherwise. */
  async createKey(
    owner: Party,
    {type = 'Ed25519VerificationKey2020', ...options}: CreateKeyOptions = {},
  ): Promise<CreatedKey> {
    const {id: keystoreId} = await this.createKeystore(owner);
    const kms = this.kms(keystoreId);
    const {keyId} = await kms.generateKey({type, invocationSigner: owner.signer, ...options});
    return {keystoreId, keyId, kms};
  }
}
