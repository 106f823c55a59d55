import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {CKA, CKO} from '../../lib/pkcs11/cryptoki.ts';
import {ObjectFinder} from '../../lib/pkcs11/object-finder.ts';
import type {FoundObject, JobName, Parameters, Template} from '../../lib/pkcs11/token-job.ts';
import {TokenObjectMissingError, type TokenObject} from '../../lib/pkcs11/token-object.ts';
import {rejection} from '../key-modules/fixtures.ts';

interface Stored extends TokenObject {
  readonly label: string;
}

const handleOf = (index: number): Uint8Array => Uint8Array.of(index >> 8, index & 255);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A token whose searches take long. */
class SlowToken {
  readonly objects: Stored[] = [];
  readonly jobs: JobName[] = [];
  readonly connection = {era: 1, settled: async () => undefined};
  searchMs = 12;

  add(): Stored {
    const index = this.objects.length;
    const object = {class: CKO.PRIVATE_KEY, id: Buffer.from(`id ${index}`), label: `webkms:k/${index}#1`};
    this.objects.push(object);
    return object;
  }

  finder(): ObjectFinder {
    return new ObjectFinder({run: this.#run, connection: this.connection});
  }

  count(job: JobName): number {
    return this.jobs.filter((name) => name === job).length;
  }

  readonly #run = async (job: JobName, parameters: object): Promise<unknown> => {
    this.jobs.push(job);
    if (job === 'find') {
      await sleep(this.searchMs);
      return this.#matching((parameters as Parameters<'find'>).template);
    }
    if (job === 'findAll') {
      const found = this.#matching((parameters as Parameters<'findAll'>).template);
      return {handles: Buffer.concat(found.map(({handle}) => handle)), count: found.length};
    }
    if (job !== 'attributes') return undefined;
    const {handles} = parameters as Parameters<'attributes'>;
    return handles.map((handle): FoundObject => {
      const object = this.objects[((handle[0] ?? 0) << 8) + (handle[1] ?? 0)];
      return {handle, values: [object?.id, Buffer.from(object?.label ?? '')]};
    });
  };

  #matching(template: Template): FoundObject[] {
    const of = (type: number): unknown => template.find((attribute) => attribute.type === type)?.value;
    const [objectClass, id] = [of(CKA.CLASS), of(CKA.ID) as Uint8Array | undefined];
    return this.objects.flatMap((object, index) => {
      const isIt = object.class === objectClass && (id === undefined || text(object.id) === text(id));
      return isIt ? [{handle: handleOf(index), values: []}] : [];
    });
  }
}

describe('finding objects in a token that searches slowly', () => {
  it('lists all once instead of searching for each', async () => {
    const token = new SlowToken();
    const objects = Array.from({length: 200}, () => token.add());
    const finder = token.finder();
    for (const [index, object] of objects.entries())
      expect(text(await finder.handleOf(object))).to.equal(text(handleOf(index)));
    expect(token.count('find')).to.be.within(1, 60);
    // Of two classes.
    expect(token.count('findAll')).to.equal(2);
  });

  it('lists again only where as much was spent on searches as that took', async () => {
    const token = new SlowToken();
    token.add();
    const finder = token.finder();
    const missing = {class: CKO.PRIVATE_KEY, id: Buffer.from('gone'), label: 'webkms:k/gone#1'};
    for (let n = 0; n < 20; n += 1)
      expect(await rejection(finder.handleOf(missing))).to.be.instanceOf(TokenObjectMissingError);
    // Each looks twice, and takes 24 ms at least: a list for each 100 ms that were spent.
    expect(token.count('findAll')).to.be.within(2, 2 * 10);
  });

  it('finds by a search what has come since, and what has the name of another not at all', async () => {
    const token = new SlowToken();
    const objects = Array.from({length: 30}, () => token.add());
    const [first] = objects;
    const twin = {...objects[25]!};
    token.objects.push(twin);
    const finder = token.finder();
    for (const object of objects.slice(0, 20)) await finder.handleOf(object);
    await sleep(20);
    const searches = token.count('find');
    await finder.handleOf(first!);
    await finder.handleOf(objects[24]!);
    expect(token.count('find')).to.equal(searches);
    const later = token.add();
    expect(text(await finder.handleOf(later))).to.equal(text(handleOf(31)));
    expect(token.count('find')).to.equal(searches + 1);
    expect((await rejection(finder.handleOf(twin))).message).to.equal('An internal error occurred.');
  });

  it('keeps nothing that it has listed for a login that ended meanwhile', async () => {
    const token = new SlowToken();
    const objects = Array.from({length: 30}, () => token.add());
    const finder = token.finder();
    for (const object of objects.slice(0, 10)) await finder.handleOf(object);
    token.connection.era = 2;
    await sleep(20);
    const searches = token.count('find');
    await finder.handleOf(objects[29]!);
    expect(token.count('find')).to.equal(searches + 1);
  });

  it('knows a new object without a search, unless the login ended meanwhile', async () => {
    const token = new SlowToken();
    const finder = token.finder();
    const [one, two] = [token.add(), token.add()];
    finder.add(one, handleOf(0), 1);
    finder.add(two, handleOf(1), 0);
    expect(text(await finder.handleOf(one))).to.equal(text(handleOf(0)));
    expect(token.count('find')).to.equal(0);
    await finder.handleOf(two);
    expect(token.count('find')).to.equal(1);
    finder.forget(one);
    await finder.handleOf(one);
    expect(token.count('find')).to.equal(2);
  });
});
