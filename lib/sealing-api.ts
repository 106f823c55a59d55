// The public API `webkms-server/sealing`: the key hierarchy, for an application's own tables.
export {InternalError, UnavailableError} from './errors.ts';
export {encodeFields} from './sealing/encode-fields.ts';
export {
  ROOT_KEY_PURPOSE,
  type KeyAdministration,
  type KeyInfo,
  type KeyVersionInfo,
} from './sealing/key-administration.ts';
export {fixedRoots} from './sealing/key-hierarchy/fixed-roots.ts';
export {KeyHierarchy} from './sealing/key-hierarchy/key-hierarchy.ts';
export {type KeyHierarchyOptions, type WrapperOptions} from './sealing/key-hierarchy/options.ts';
export {openRootWrapper, type OpenRootWrapperOptions} from './sealing/open-root-wrapper.ts';
export {
  RootChanges,
  type AddedRoot,
  type RootChangeOptions,
  type RootChangesOptions,
} from './sealing/root-changes.ts';
export {RootOfTrustError, type RootOfTrustReason} from './sealing/root-of-trust-error.ts';
export {type RootOfTrustOptions} from './sealing/root-of-trust-options.ts';
export {RootOfTrust} from './sealing/root-of-trust.ts';
export {type RootStatus} from './sealing/root-status.ts';
export {
  type IdentifiedRootWrapper,
  type RootSet,
  type RootWrapper,
  type RootWrapperAccess,
  type RootWrapperScheme,
} from './sealing/root-wrapper.ts';
export {
  InvalidParameterError,
  InvalidSchemaError,
  InvalidVersionError,
  KeyInUseError,
  KeyNotFoundError,
  MultipleRecordsError,
  SealedError,
} from './sealing/sealing-errors.ts';
export {NO_SECRETS, OpeningSecrets, type SecretSource} from './sealing/secrets.ts';
export {type RootOfTrustLog} from './sealing/stored-root.ts';
export {SealedBlobError, type AdditionalData, type Wrapper} from './sealing/wrapper.ts';
export {type Pkcs11Defaults} from './sealing/wrappers/pkcs11-place.ts';
export {ROOT_WRAPPER_SCHEMES, rootWrapperSchemes} from './sealing/wrappers/schemes.ts';
export {
  type DataKeyVersionReferencer,
  type KeyHierarchyStore,
  type RootWrapperRecord,
} from './storage/key-hierarchy-store.ts';
export {
  openApplicationKeyHierarchy,
  type ApplicationKeyHierarchyOptions,
} from './storage/sqlite/application-key-hierarchy.ts';
