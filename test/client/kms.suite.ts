import type {KeyAdministrationKms} from '../../lib/client/kms.ts';
import {describeAdministration} from './suite/administration.ts';
import {describeCertificates} from './suite/certificates.ts';
import {describeEncryption} from './suite/encryption.ts';
import {describeErrors} from './suite/errors.ts';
import {describeHandles} from './suite/handles.ts';
import {describeKeyTransport} from './suite/key-transport.ts';
import {describeKeyTypes} from './suite/key-types.ts';
import {describeSignatures} from './suite/signatures.ts';
import {describeSigners} from './suite/signers.ts';
import {describeVersions} from './suite/versions.ts';

export interface OpenedKms {
  readonly kms: KeyAdministrationKms;
  /** Releases what is not the KMS's own. */
  close(): Promise<void>;
}

/** What the parts of the suite work with: one keystore, whose keys they do not share. */
export type GetKms = () => KeyAdministrationKms;

/** The contract of `Kms` and `KeyAdministrationKms`, for every implementation. */
export function describeKms({
  name,
  open,
}: {
  readonly name: string;
  /** A keystore without keys. */
  readonly open: () => Promise<OpenedKms>;
}): void {
  describe(`a KMS: ${name}`, function () {
    this.timeout(60_000);
    let opened: OpenedKms | undefined;
    const kms: GetKms = () => {
      if (!opened) throw new Error('The suite has not begun.');
      return opened.kms;
    };
    before(async () => {
      opened = await open();
    });
    after(async () => {
      await opened?.kms.destroy();
      await opened?.close();
    });

    describeKeyTypes(kms);
    describeSignatures(kms);
    describeEncryption(kms);
    describeVersions(kms);
    describeAdministration(kms);
    describeKeyTransport(kms);
    describeCertificates(kms);
    describeSigners(kms);
    describeHandles(kms);
    // Destroys it.
    describeErrors(kms);
  });
}
