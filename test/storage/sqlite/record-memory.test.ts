import {expect} from 'chai';
import {RecordMemory} from '../../../lib/storage/sqlite/record-memory.ts';
import {RevocationMemory} from '../../../lib/storage/sqlite/revocation-memory.ts';

const rowOf = (id: number, bytes = 0) => ({id, text: 'text', none: null, blob: Buffer.alloc(bytes, id)});
const made = (id: number): {id: number} => ({id});

describe('RecordMemory', () => {
  it('gives what was read in this version, and what it was made of in any', () => {
    const memory = new RecordMemory<{id: number}>(100_000);
    const first = memory.take('a', 1, {rows: [rowOf(1, 8)], make: () => made(1)});
    expect(memory.current('a', 1)).to.equal(first);
    expect(memory.current('a', 2)).to.equal(undefined);
    expect(memory.current('b', 1)).to.equal(undefined);
    expect(memory.take('a', 2, {rows: [rowOf(1, 8)], make: () => made(1)})).to.equal(first);
    expect(memory.current('a', 1)).to.equal(undefined);
    expect(memory.current('a', 2)).to.equal(first);
  });

  it('gives nothing that was made of other rows, whatever differs', () => {
    const row = rowOf(1, 8);
    const others: readonly (readonly object[])[] = [
      [],
      [row, row],
      [{...row, id: 2}],
      [{...row, text: null}],
      [{...row, none: 'text'}],
      [{...row, blob: null}],
      [{...row, blob: 'text'}],
      [{...row, blob: Buffer.alloc(9, 1)}],
      [{...row, blob: Buffer.from('0101010101010102', 'hex')}],
    ];
    for (const rows of others) {
      const memory = new RecordMemory<{id: number}>(100_000);
      const first = memory.take('a', 1, {rows: [row], make: () => made(1)});
      expect(memory.take('a', 2, {rows, make: () => made(2)})).to.not.equal(first);
      expect(memory.current('a', 2)?.value).to.deep.equal(made(2));
    }
  });

  it('holds no more than it may, and no record that takes more than half', () => {
    const memory = new RecordMemory<{id: number}>(100_000);
    const names = Array.from({length: 60}, (_, id) => `key ${id}`);
    const take = (name: string, bytes: number): void =>
      void memory.take(name, 1, {rows: [rowOf(1, bytes)], make: () => made(1)});
    for (const name of names) take(name, 4000);
    const kept = names.filter((name) => memory.current(name, 1));
    expect(kept).to.deep.equal(names.slice(-kept.length));
    expect(kept.length).to.be.within(10, 25);
    take('large', 60_000);
    expect(memory.current('large', 1)).to.equal(undefined);
    take('half', 40_000);
    expect(memory.current('half', 1)?.value).to.deep.equal(made(1));
  });
});

describe('RevocationMemory', () => {
  const kept = [{delegator: 'did:key:a', capabilityId: 'urn:kept'}];

  it('knows of the very list what was read in that version of the database and that keystore, and of nothing else', () => {
    const memory = new RevocationMemory();
    expect(memory.has(kept)).to.equal(false);
    expect(memory.recall(kept, 1, 1)).to.equal(undefined);
    for (const isAnyRevoked of [true, false]) {
      memory.remember(kept, {keystore: 1, version: 1, isAnyRevoked});
      expect(memory.recall(kept, 1, 1)).to.equal(isAnyRevoked);
    }
    expect(memory.has(kept)).to.equal(true);
    expect(memory.has([...kept])).to.equal(false);
    expect(memory.recall([...kept], 1, 1)).to.equal(undefined);
    expect(memory.recall(kept, 2, 1)).to.equal(undefined);
    expect(memory.recall(kept, 1, 2)).to.equal(undefined);
  });

  it('knows that no capability is none that is revoked', () => {
    const memory = new RevocationMemory();
    expect(memory.has([])).to.equal(true);
    expect(memory.recall([], 1, 1)).to.equal(false);
  });
});
