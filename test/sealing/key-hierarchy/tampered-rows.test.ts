import {expect} from 'chai';
import {UnavailableError} from '../../../lib/errors.ts';
import {fixedRoots} from '../../../lib/sealing/key-hierarchy/fixed-roots.ts';
import {KeyHierarchy} from '../../../lib/sealing/key-hierarchy/key-hierarchy.ts';
import {SealedBlobError} from '../../../lib/sealing/wrapper.ts';
import type {
  DataKeyRecord,
  DataKeyVersionRecord,
  RootKeyVersionRecord,
  ScopeKeysRecord,
} from '../../../lib/storage/key-hierarchy-store.ts';
import {expectRejection} from '../expect-rejection.ts';
import {storeRoot} from './fixture.ts';
import {FaultyRootWrapper} from '../faulty-root-wrapper.ts';
import {MemoryKeyHierarchyStore} from '../memory-key-hierarchy-store.ts';

const [A, B] = ['https://localhost/kms/keystores/z1A', 'https://localhost/kms/keystores/z1B'];
const PLACE = Buffer.from('record 1');
const SECRET = Buffer.from('a secret');

/** Rows of the store changed or swapped behind the server's back. */
describe('tampered rows of the key hierarchy', () => {
  let store: MemoryKeyHierarchyStore;
  let blobs: Record<'a' | 'aAudit' | 'b', Uint8Array>;
  const purposes = ['key-material', 'audit'];
  const roots = ['rw_1', 'rw_2'].map((id) => ({id, wrapper: new FaultyRootWrapper(`key-of-${id}`)}));
  const newHierarchy = (): KeyHierarchy =>
    new KeyHierarchy({store, roots: fixedRoots(roots.slice(0, 1)), purposes});

  beforeEach(async () => {
    store = new MemoryKeyHierarchyStore();
    for (const {id, wrapper} of roots)
      await storeRoot(store, id, wrapper, id === 'rw_1' ? 'active' : 'adding');
    const hierarchy = new KeyHierarchy({store, roots: fixedRoots(roots), purposes});
    const seal = async (scope: string, purpose: string): Promise<Uint8Array> =>
      (await hierarchy.wrapperFor(scope, purpose, {create: true})).seal(SECRET, PLACE);
    blobs = {
      a: await seal(A, 'key-material'),
      aAudit: await seal(A, 'audit'),
      b: await seal(B, 'key-material'),
    };
  });

  const open = async (scope: string, purpose: string, blob: Uint8Array): Promise<string> => {
    const wrapper = await newHierarchy().wrapperFor(scope, purpose);
    return Buffer.from(await wrapper.open(blob, PLACE)).toString();
  };
  const edit = (scope: string, change: (record: ScopeKeysRecord) => ScopeKeysRecord): void => {
    store.scopes.set(scope, change(structuredClone(store.scopes.get(scope)!)));
  };
  const editRootVersion = (change: (version: RootKeyVersionRecord) => RootKeyVersionRecord): void =>
    edit(A, (record) => ({...record, rootKeyVersions: record.rootKeyVersions.map(change)}));
  const editDataKey = (change: (dataKey: DataKeyRecord) => DataKeyRecord): void =>
    edit(A, (record) => ({...record, dataKeys: record.dataKeys.map(change)}));
  const editDataVersion = (change: (version: DataKeyVersionRecord) => DataKeyVersionRecord): void =>
    editDataKey((dataKey) => ({...dataKey, versions: dataKey.versions.map(change)}));
  const flip = (blob: Uint8Array): Uint8Array =>
    Uint8Array.from(blob, (byte, i) => (i === blob.length - 1 ? byte ^ 1 : byte));
  const recordOf = (scope: string): ScopeKeysRecord => structuredClone(store.scopes.get(scope)!);

  const tampering: readonly (readonly [string, () => void])[] = [
    ['a scope’s whole record in another’s place', () => store.scopes.set(A, recordOf(B))],
    ['the same, under the other’s name', () => store.scopes.set(A, {...recordOf(B), scope: A})],
    [
      'the root key of another scope',
      () => edit(A, (record) => ({...record, rootKeyId: recordOf(B).rootKeyId})),
    ],
    [
      'the root key versions of another scope',
      () => edit(A, (record) => ({...record, rootKeyVersions: recordOf(B).rootKeyVersions})),
    ],
    [
      'the data keys of another scope',
      () => edit(A, (record) => ({...record, dataKeys: recordOf(B).dataKeys})),
    ],
    [
      'root and data key versions of another scope',
      () => edit(A, (record) => ({...recordOf(B), scope: A, rootKeyId: record.rootKeyId})),
    ],
    [
      'a root key version with its blob changed',
      () => editRootVersion((v) => ({...v, sealed: v.sealed.map((s) => ({...s, blob: flip(s.blob)}))})),
    ],
    ['a root key version of another number', () => editRootVersion((v) => ({...v, version: 2}))],
    ['a root key version of another id', () => editRootVersion((v) => ({...v, id: 'krkv_x'}))],
    [
      'a root wrapper’s blob under another’s id',
      () => editRootVersion((v) => ({...v, sealed: [{rootWrapperId: 'rw_1', blob: v.sealed[1]!.blob}]})),
    ],
    ['a data key of another id', () => editDataKey((key) => ({...key, id: 'kdk_x'}))],
    ['a data key without versions', () => editDataKey((key) => ({...key, versions: []}))],
    [
      'purposes swapped',
      () => editDataKey((key) => ({...key, purpose: key.purpose === 'audit' ? 'key-material' : 'audit'})),
    ],
    ['a data key version with its blob changed', () => editDataVersion((v) => ({...v, blob: flip(v.blob)}))],
    ['a data key version of another number', () => editDataVersion((v) => ({...v, version: 2}))],
    ['a data key version of another id', () => editDataVersion((v) => ({...v, id: 'kdkv_x'}))],
    [
      'a data key version of another root key version',
      () => editDataVersion((v) => ({...v, rootKeyVersionId: 'krkv_x'})),
    ],
    [
      'a data key version with an empty blob',
      () => editDataVersion((v) => ({...v, blob: new Uint8Array(0)})),
    ],
    [
      'a data key version with a root key’s blob',
      () => editDataVersion((v) => ({...v, blob: recordOf(A).rootKeyVersions[0]!.sealed[0]!.blob})),
    ],
  ];
  for (const [what, tamper] of tampering) {
    it(`refuses ${what}`, async () => {
      expect(await open(A, 'key-material', blobs.a)).to.equal('a secret');
      tamper();
      await expectRejection(open(A, 'key-material', blobs.a), SealedBlobError);
      expect(await open(B, 'key-material', blobs.b)).to.equal('a secret');
    });
  }

  it('opens again what was damaged and is restored, without a restart', async () => {
    const whole = recordOf(A);
    editDataVersion((v) => ({...v, blob: flip(v.blob)}));
    const hierarchy = newHierarchy();
    await expectRejection(hierarchy.wrapperFor(A, 'key-material'), SealedBlobError);
    store.scopes.set(A, whole);
    const opened = await (await hierarchy.wrapperFor(A, 'key-material')).open(blobs.a, PLACE);
    expect(Buffer.from(opened).toString()).to.equal('a secret');
  });

  it('refuses what was sealed for another scope or purpose', async () => {
    expect(await open(A, 'key-material', blobs.a)).to.equal('a secret');
    for (const blob of [blobs.b, blobs.aAudit]) {
      await expectRejection(open(A, 'key-material', blob), SealedBlobError);
    }
    expect(await open(A, 'audit', blobs.aAudit)).to.equal('a secret');
  });

  it('cannot ask a root wrapper that the row does not name', async () => {
    editRootVersion((v) => ({...v, sealed: []}));
    await expectRejection(open(A, 'key-material', blobs.a), UnavailableError);
  });
});
