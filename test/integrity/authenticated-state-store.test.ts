import {expect} from 'chai';
import {UnavailableError} from '../../lib/errors.ts';
import {AuthenticatedStateStore} from '../../lib/integrity/authenticated-state-store.ts';
import {TamperedRecordError} from '../../lib/integrity/tampered-record-error.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';
import {SealedError} from '../../lib/sealing/sealing-errors.ts';
import type {KeystoreConfig} from '../../lib/storage/keystore-config-store.ts';
import type {StateStore} from '../../lib/storage/state-store.ts';
import {withMethods} from '../maintenance/with-methods.ts';
import {expectRejection} from '../sealing/expect-rejection.ts';
import {useTempDir} from '../sealing/temp-dir.ts';
import {keystoreUrl, makeRevocation} from '../storage/records.ts';
import {plain} from '../storage/store-suite.ts';
import {editDatabase, OpenDatabase} from './database-fixture.ts';

describe('AuthenticatedStateStore', () => {
  const path = useTempDir();
  let database: OpenDatabase;
  let keystore: KeystoreConfig;
  let key: KeyRecord;
  /** Calls of the stores under it. */
  let calls: string[];

  beforeEach(async () => {
    database = await OpenDatabase.open(path(''));
    keystore = await database.addKeystore();
    key = await database.addKey(keystore.id);
    calls = [];
  });
  afterEach(() => database.close());

  function noted<T extends object>(name: string, store: T, method: keyof T & string): T {
    const call = (store[method] as (...args: unknown[]) => unknown).bind(store);
    const note = (...args: unknown[]): unknown => {
      calls.push(`${name}.${method}`);
      return call(...args);
    };
    return withMethods(store, {[method]: note} as Partial<T>);
  }

  function stateStore(store: StateStore = database.stores.state): AuthenticatedStateStore {
    const {authenticator, keystores, keys, stores} = database;
    return new AuthenticatedStateStore({
      store: noted('state', store, 'read'),
      authenticator,
      keystores: noted('keystores', keystores, 'find'),
      keys: noted('keys', keys, 'find'),
      revocations: noted('revocations', stores.revocations, 'isAnyRevoked'),
    });
  }

  const asked = () => ({keystoreId: keystore.id, localKeyId: key.localKeyId});

  it('gives what was read at once, verified, the key at the first call', async () => {
    const {findKey, ...state} = await stateStore().read(asked());
    expect(state).to.deep.equal({keystore, isAnyRevoked: false});
    expect(plain(await findKey!())).to.deep.equal(plain(key));
    expect(calls).to.deep.equal(['state.read']);
  });

  it('gives the key as it is at each further call', async () => {
    const {findKey} = await stateStore().read(asked());
    const changed: KeyRecord = {...key, sequence: 1, state: 'disabled'};
    await database.keys.update(changed);
    expect(plain(await findKey!())).to.deep.equal(plain(key));
    for (let time = 1; time <= 2; time++) expect(plain(await findKey!())).to.deep.equal(plain(changed));
    expect(calls).to.deep.equal(['state.read', 'state.read', 'state.read']);
  });

  it('gives no key that was not asked for, and none where there is none', async () => {
    expect(await stateStore().read({keystoreId: keystore.id})).to.deep.equal({keystore, isAnyRevoked: false});
    for (const [keystoreId, localKeyId] of [
      [keystore.id, 'zUnknown'],
      [keystoreUrl(), key.localKeyId],
    ] as const) {
      const {findKey} = await stateStore().read({keystoreId, localKeyId});
      expect(await findKey!()).to.equal(undefined);
    }
  });

  it('tells what is revoked', async () => {
    const revocation = makeRevocation(keystore.id);
    await database.stores.revocations.insert(revocation, {});
    const read = async (revocations: (typeof revocation)[]) =>
      (await stateStore().read({...asked(), revocations})).isAnyRevoked;
    expect(await read([makeRevocation(keystore.id)])).to.equal(false);
    expect(await read([makeRevocation(keystore.id), revocation])).to.equal(true);
  });

  it('says that the keystore is tampered with, and asks twice before it does', async () => {
    editDatabase(path(''), "UPDATE keystore SET kms_module = 'other'");
    const error = await expectRejection(stateStore().read(asked()), TamperedRecordError);
    expect(error.record).to.deep.equal({kind: 'keystore', keystoreId: keystore.id});
    expect(calls).to.deep.equal(['state.read', 'keystores.find']);
    editDatabase(path(''), "UPDATE keystore SET kms_module = 'software'");
    expect((await stateStore().read(asked())).keystore).to.deep.equal(keystore);
  });

  it('says nothing of a key that is tampered with until it is asked for', async () => {
    const revocation = makeRevocation(keystore.id);
    await database.stores.revocations.insert(revocation, {});
    const edits = [
      "UPDATE key_record SET public_alias = 'did:example:1'",
      "UPDATE key_record SET policy = '[]'",
    ];
    for (const edit of edits) {
      editDatabase(path(''), edit);
      const {findKey, ...state} = await stateStore().read({...asked(), revocations: [revocation]});
      expect(state, edit).to.deep.equal({keystore, isAnyRevoked: true});
      const error = await expectRejection(findKey!(), TamperedRecordError);
      expect(error.record).to.deep.equal({kind: 'key', ...asked()});
      editDatabase(path(''), 'UPDATE key_record SET public_alias = NULL, policy = NULL');
      const whole = await stateStore().read(asked());
      expect(plain(await whole.findKey!())).to.deep.equal(plain(key));
    }
  });

  it('does not take another keystore’s config, or another key’s record', async () => {
    const other = await database.addKeystore();
    const {localKeyId} = await database.addKey(keystore.id);
    const {state} = database.stores;
    const ofOther = stateStore({read: () => state.read({keystoreId: other.id})});
    expect((await ofOther.read(asked())).keystore).to.deep.equal(keystore);
    const swapped = stateStore({read: () => state.read({keystoreId: keystore.id, localKeyId})});
    const {findKey} = await swapped.read(asked());
    calls = [];
    expect(plain(await findKey!())).to.deep.equal(plain(key));
    expect(calls).to.deep.equal(['keys.find']);
  });

  it('takes a key that was sealed anew since it was read', async () => {
    const stale = (await database.stores.state.read(asked())).key!;
    const {findKey} = await stateStore({
      read: async (request) => ({
        ...(await database.stores.state.read(request)),
        key: {...stale, authentication: {...stale.authentication, dataKeyVersionId: 'kdkv_gone'}},
      }),
    }).read(asked());
    expect(plain(await findKey!())).to.deep.equal(plain(key));
    expect(calls).to.deep.equal(['state.read', 'keys.find']);
  });

  it('says that the store, or the root of trust, cannot be used, and does not look elsewhere', async () => {
    const down = stateStore({
      read: () => Promise.reject(new UnavailableError('The store cannot be used now.')),
    });
    await expectRejection(down.read(asked()), UnavailableError);
    await database.root.seal();
    database.hierarchy.forget();
    await expectRejection(stateStore().read(asked()), SealedError);
    expect(calls).to.deep.equal(['state.read', 'state.read']);
  });
});
