import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  DataKeyVersionReferencer,
  ResealedDataKeyVersion,
  RootKeyVersionRecord,
  RootWrapperRecord,
  RootWrapperState,
  ScopeKeysAddition,
  ScopeKeysRecord,
  SealedUnderDataKey,
} from '../../storage/key-hierarchy-store.ts';
import {
  boolean,
  bytes,
  fields,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  type Members,
} from '../../rpc/shape.ts';

const state = oneOf<RootWrapperState>('adding', 'active', 'retiring');

const sealer = object<SealedUnderDataKey>({blob: bytes, dataKeyVersionId: text});

export const rootWrapper = object<RootWrapperRecord>({
  id: text,
  uri: text,
  wrapperKeyId: text,
  parameters: optional(text),
  createdAt: integer,
  state,
  sealer: optional(sealer),
});

export const rootWrapperChange = object<{
  readonly from: RootWrapperState;
  readonly to: RootWrapperState;
  readonly sealer?: SealedUnderDataKey;
  readonly uri?: string;
}>({from: state, to: state, sealer: optional(sealer), uri: optional(text)});

const rootKeyVersion = object<RootKeyVersionRecord>({
  id: text,
  version: integer,
  createdAt: integer,
  sealed: list(fields({rootWrapperId: text, blob: bytes})),
});

const dataKeyVersionMembers: Members<DataKeyVersionRecord> = {
  id: text,
  version: integer,
  createdAt: integer,
  rootKeyVersionId: text,
  blob: bytes,
};

const dataKey = object<DataKeyRecord>({
  id: text,
  purpose: text,
  versions: list(object<DataKeyVersionRecord>(dataKeyVersionMembers)),
});

export const scopeKeys = object<ScopeKeysRecord>({
  scope: text,
  rootKeyId: text,
  rootKeyVersions: list(rootKeyVersion),
  dataKeys: list(dataKey),
});

export const scopeKeysAddition = object<ScopeKeysAddition>({
  rootKeyVersion: optional(rootKeyVersion),
  dataKeys: optional(list(dataKey)),
  dataKeyVersions: optional(
    list(
      object<DataKeyVersionRecord & {readonly dataKeyId: string}>({
        ...dataKeyVersionMembers,
        dataKeyId: text,
      }),
    ),
  ),
});

export const resealed = object<ResealedDataKeyVersion>({
  id: text,
  rootKeyVersionId: text,
  blob: bytes,
  replacedBlob: bytes,
});

export const sealedRootKey = fields({rootKeyVersionId: text, blob: bytes});

export const referencer = object<DataKeyVersionReferencer>({name: text, restricts: boolean});
