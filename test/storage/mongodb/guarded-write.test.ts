import {expect} from 'chai';
import {DuplicateError, OutcomeUnknownError, UnavailableError} from '../../../lib/errors.ts';
import {Documents, type Place} from '../../../lib/storage/mongodb/documents.ts';
import {isAbsent, toTarget, writersOf} from '../../../lib/storage/mongodb/guard-document.ts';
import {GuardedWrites} from '../../../lib/storage/mongodb/guarded-write.ts';
import {expectRefusal} from '../store-suite.ts';
import {type BeforeCommand, ModelDatabase} from './model-database.ts';

const GUARD: Place = {collection: 'keystore', _id: 'guard'};
const KEY: Place = {collection: 'key', _id: 'guard/keys/1', keystoreId: 'guard'};

function open(before?: BeforeCommand, timeoutMs = 60_000) {
  const database = new ModelDatabase();
  const writes = new GuardedWrites({documents: new Documents(database.connect(before)), timeoutMs});
  const insert = (judge: () => void = () => undefined): Promise<void> =>
    writes.run('insert', async (attempt) => {
      const {target} = await attempt.reserve(KEY);
      await attempt.register(GUARD, {targets: [target], create: true});
      judge();
      await attempt.commit(target, {$set: {position: 1}});
    });
  const entries = () => writersOf(database.documents('keystore')[0] ?? {});
  return {database, writes, insert, entries};
}

/** Loses the answer to the command that is the `count`th of its name; whether it takes effect is for `arrives` to say. */
function losing(command: string, arrives: boolean): BeforeCommand {
  let isLost = false;
  return (sent) => {
    if (sent !== command || isLost) return Promise.resolve(undefined);
    isLost = true;
    return Promise.resolve((arrive) => {
      if (arrives) arrive();
    });
  };
}

describe('MongoDB: guarded writes', () => {
  it('leave what was written, and no entry', async () => {
    const {database, insert, entries} = open();
    await insert();
    expect(entries()).to.deep.equal([]);
    const [key] = database.documents('key');
    expect(key).to.include({position: 1}).and.not.have.any.keys('placeholder', 'placeholderAt');
  });

  it('leave nothing that was refused', async () => {
    const {database, insert, entries} = open();
    const refuse = (): never => {
      throw new DuplicateError('It is there.');
    };
    await expectRefusal(insert(refuse), DuplicateError);
    expect(entries()).to.deep.equal([]);
    expect(database.documents('key')).to.deep.equal([]);
  });

  for (const arrives of [true, false]) {
    it(`did not happen where registering ${arrives ? 'is' : 'was'} not answered`, async () => {
      const {database, insert} = open(losing('findAndUpdate keystore', arrives));
      const outcome = await insert().catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(UnavailableError).and.not.instanceOf(OutcomeUnknownError);
      expect(database.documents('key').filter((key) => !isAbsent(key))).to.deep.equal([]);
      await insert();
      expect(database.documents('key')).to.have.lengthOf(1);
    });

    it(`keep their entry where nobody knows whether they ${arrives ? 'were' : 'will be'} done`, async () => {
      const {insert, entries} = open(losing('update key', arrives));
      await expectRefusal(insert(), OutcomeUnknownError);
      expect(entries()).to.have.lengthOf(1);
    });
  }

  it('give up where others always come first', async () => {
    const {database, writes} = open(undefined, 100);
    const documents = new Documents(database.connect());
    await documents.insert(GUARD, {revision: 'first'});
    let tries = 0;
    const attempt = writes.run('update', async (each) => {
      const {target} = (await each.read(GUARD))!;
      await documents.update(GUARD, {}, {$set: {revision: `other ${++tries}`}});
      await each.commit(target, {$set: {changed: true}});
    });
    await expectRefusal(attempt, UnavailableError);
    expect(tries).to.be.greaterThan(1);
    expect(database.documents('keystore')[0]).to.not.have.property('changed');
  });

  it('take nothing for an entry that is none', () => {
    const target = {...KEY, revision: 'r', isPlaceholder: false};
    const entry = {operation: 'insert', startedAt: 1, targets: [target], dataKeyVersionIds: ['kdkv_1']};
    expect(writersOf({writers: {w1: entry}})).to.deep.equal([{id: 'w1', ...entry}]);
    expect(writersOf({})).to.deep.equal([]);
    const wrong = [
      {...entry, targets: [{...target, collection: 'replay of somebody'}]},
      {...entry, targets: [{...target, revision: {$gt: ''}}]},
      {...entry, targets: 'all'},
      {...entry, dataKeyVersionIds: [7]},
      {...entry, operation: undefined},
      'entry',
    ];
    for (const each of wrong) expect(() => writersOf({writers: {w1: each}})).to.throw(TypeError);
    expect(() => writersOf({writers: [entry]})).to.throw(TypeError);
    expect(() => toTarget(KEY, {_id: KEY._id})).to.throw(TypeError);
  });
});
