import type {KeyHierarchyStore} from '../../storage/key-hierarchy-store.ts';
import {
  referencer,
  resealed,
  rootWrapper,
  rootWrapperChange,
  scopeKeys,
  scopeKeysAddition,
  sealedRootKey,
} from './hierarchy-shapes.ts';
import type {MethodsOf} from '../../rpc/methods-of.ts';
import {boolean, count, done, fields, list, maybe, optional, text, tuple} from '../../rpc/shape.ts';

const limited = fields({limit: count});

export const HIERARCHY_METHODS: MethodsOf<KeyHierarchyStore> = {
  listRootWrappers: {parameters: tuple(), result: list(rootWrapper)},
  insertFirstRootWrapper: {parameters: tuple(rootWrapper), result: boolean, writes: true},
  insertRootWrapper: {parameters: tuple(rootWrapper), result: done, writes: true},
  updateRootWrapper: {parameters: tuple(text, rootWrapperChange), result: boolean, writes: true},
  deleteRootWrapper: {parameters: tuple(text), result: boolean, writes: true},
  listScopesLacking: {parameters: tuple(text, limited), result: list(text)},
  countSealed: {parameters: tuple(text), result: fields({sealed: count, total: count})},
  insertSealedRootKeys: {parameters: tuple(text, list(sealedRootKey)), result: done, writes: true},
  deleteSealedRootKeys: {parameters: tuple(text, limited), result: count, writes: true},
  findScope: {parameters: tuple(text), result: maybe(scopeKeys)},
  listScopes: {
    parameters: tuple(fields({limit: count, cursor: optional(text)})),
    result: fields({results: list(text), cursor: optional(text)}),
  },
  insertScope: {parameters: tuple(scopeKeys), result: done, writes: true},
  addKeys: {parameters: tuple(text, scopeKeysAddition), result: done, writes: true},
  resealDataKeyVersions: {parameters: tuple(text, list(resealed)), result: count, writes: true},
  deleteDataKeyVersion: {parameters: tuple(text), result: boolean, writes: true},
  deleteRootKeyVersion: {parameters: tuple(text), result: boolean, writes: true},
  deleteScope: {parameters: tuple(text), result: boolean, writes: true},
  listReferenced: {parameters: tuple(list(text)), result: list(text)},
  listDataKeyVersionReferencers: {parameters: tuple(), result: list(referencer)},
  readCollectionVersion: {parameters: tuple(), result: count},
  validateSchema: {parameters: tuple(), result: done},
};
