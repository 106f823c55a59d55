import type {KeyAdministrationKms} from '../../client/kms.ts';
import type {CapabilityDocument, Profile} from './profile/profile.ts';

/** The keystore that a profile names. */
export interface ClientConnection {
  readonly profile: Profile;
  readonly kms: KeyAdministrationKms;
  /** What only a server has. @throws ClientError where the profile is local */
  authority(): KeystoreAuthority;
  close(): Promise<void>;
}

/** A revocation as the server lists it; times are XSD date-times. */
export interface ListedRevocation {
  readonly id: string;
  readonly delegator: string;
  readonly expires: string;
  readonly revoker: string;
  readonly revoked: string;
}

/** Who may do what in a keystore. Errors are those of lib/errors.ts, and `KmsConnectionError`. */
export interface KeystoreAuthority {
  /** Signs a capability, offline. @param keyId the key's URL */
  delegate(delegation: {
    readonly keyId: string;
    /** DID. */
    readonly to: string;
    readonly actions: readonly string[];
    readonly expires: Date;
  }): Promise<CapabilityDocument>;
  revoke(capability: CapabilityDocument): Promise<void>;
  /** In order of creation. */
  revocations(): AsyncIterable<ListedRevocation>;
  /** Gives the keystore another controller, and takes it from who controls it now. */
  transfer(dids: readonly string[]): Promise<void>;
}
