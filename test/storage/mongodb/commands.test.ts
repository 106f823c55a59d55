import {expect} from 'chai';
import type {Document} from 'mongodb';
import {SCHEMA} from '../../../lib/storage/mongodb/schema.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {insertKey, insertKeystore, makeRevocation} from '../records.ts';
import {STORE_WRITES} from '../writes/store-writes.ts';
import {type MongodbHandles, openHandles} from './open-handles.ts';
import {validatorOf} from './validators.ts';

type Command = Document;

const WRITES = ['insert', 'update', 'delete', 'findAndModify'] as const;
const READS = ['find', 'aggregate'] as const;

/** Those that look for something in all keystores: on a sharded cluster every shard is asked. */
const SCANS: Readonly<Record<string, readonly string[]>> = {
  key: ['dueAt', '$or', 'placeholderAt'],
  revocation: ['expiresAt', 'placeholderAt'],
};

const nameOf = (command: Command): string => Object.keys(command)[0] ?? '';

const listOf = (value: unknown): readonly Document[] => (Array.isArray(value) ? (value as Document[]) : []);
const memberOf = (documents: readonly Document[], name: string): readonly Document[] =>
  documents.flatMap((each) => (each[name] === undefined ? [] : [each[name] as Document]));

/** What a command says of the documents that it is about. */
const filtersOf = (command: Command): readonly Document[] => [
  ...memberOf([command], 'filter'),
  ...memberOf([command], 'query'),
  ...memberOf([...listOf(command['updates']), ...listOf(command['deletes'])], 'q'),
  ...listOf(command['documents']),
  ...memberOf(listOf(command['pipeline']), '$match'),
];

/** What would weaken the promises of the store. */
const WEAKENING = '?w=1&readConcernLevel=local&readPreference=secondary&retryWrites=false&journal=false';

describe('commands that are sent to MongoDB', () => {
  const server = useMongoJavaServer();
  let commands: Command[] = [];

  async function withHandles(
    options: string,
    work: (handles: MongodbHandles) => Promise<void>,
  ): Promise<void> {
    const source = {
      createDatabase: async () => (await server.createDatabase()) + options,
      dropDatabase: (url: string) => server.dropDatabase(url),
    };
    const handles = await openHandles(source, {onCommand: (command) => commands.push(command)});
    commands = [];
    try {
      await work(handles);
    } finally {
      await handles.close();
    }
  }

  for (const [title, options] of [
    ['where the URL says nothing', ''],
    ['where the URL says otherwise', WEAKENING],
  ] as const) {
    it(`three linearizable reads decide a request, each bounded in time, ${title}`, () =>
      withHandles(options, async ({stores, other}) => {
        const {id: keystoreId} = await insertKeystore(other);
        const {localKeyId} = await insertKey(other, keystoreId);
        const revocations = [makeRevocation(keystoreId), makeRevocation(keystoreId)];
        commands = [];
        await stores.state.read({keystoreId, localKeyId, revocations});
        expect(commands.map(({find}) => find as unknown)).to.have.members(['keystore', 'key', 'revocation']);
        for (const command of commands) {
          expect(command['readConcern']).to.deep.equal({level: 'linearizable'});
          expect(command['maxTimeMS']).to.be.within(1, 5000);
          expect(command['singleBatch']).to.equal(true);
        }
      }));
  }

  describe('by every write', () => {
    const sent: Command[] = [];
    const stored = new Map<string, Document[]>();

    before('every write', async function () {
      this.timeout(60_000);
      for (const write of Object.values(STORE_WRITES)) {
        await withHandles(WEAKENING, async (handles) => {
          const {stores} = handles;
          const prepared = await write.prepare(stores);
          await prepared.run(stores);
          await prepared.look(stores);
          sent.push(...commands);
          for (const {name} of SCHEMA) {
            stored.set(name, [...(stored.get(name) ?? []), ...(await handles.documentsOf(name))]);
          }
        });
      }
    });

    it('wait for the majority and its journals, and are read no weaker than is said', () => {
      const names = new Set(sent.map(nameOf));
      expect([...names].toSorted()).to.deep.equal([...READS, ...WRITES].toSorted());
      for (const command of sent) {
        const name = nameOf(command);
        expect(command['maxTimeMS'], name).to.be.within(1, 5000);
        if ((WRITES as readonly string[]).includes(name)) {
          expect(command['writeConcern'], name).to.deep.equal({w: 'majority', j: true});
        } else {
          const {level} = command['readConcern'] as {level: string};
          expect(level, name).to.be.oneOf(['linearizable', 'majority', 'local']);
        }
      }
    });

    it('name the shard key of keys and revocations, but for scans of all keystores', () => {
      let [named, scans] = [0, 0];
      for (const command of sent) {
        const collection = String(command[nameOf(command)]);
        const scanned = SCANS[collection];
        if (!scanned) continue;
        for (const filter of filtersOf(command)) {
          if (typeof filter['keystoreId'] === 'string') named++;
          else if (scanned.some((member) => member in filter)) scans++;
          else expect.fail(`${nameOf(command)} ${collection} ${JSON.stringify(filter)}`);
        }
      }
      expect(named).to.be.greaterThan(40);
      expect(scans).to.be.greaterThan(0);
    });

    it('store documents that the validators take', () => {
      for (const {name, validator} of SCHEMA) {
        if (!validator) continue;
        const isValid = validatorOf(validator);
        const documents = stored.get(name) ?? [];
        for (const document of documents) expect(isValid(document), name).to.equal('');
        // What is cut out of a sound document is missed.
        const sound = documents.find((each) => each['position'] !== undefined);
        for (const member of ['revision', 'incarnation', 'position']) {
          const cut = Object.fromEntries(Object.entries(sound ?? {}).filter(([key]) => key !== member));
          expect(isValid(cut), `${name} without ${member}`).not.to.equal('');
        }
      }
    });
  });
});
