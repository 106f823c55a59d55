import {expect} from 'chai';
import {InternalError, OperationFailedError} from '../../lib/errors.ts';
import {withCurrentKey} from '../../lib/operations/with-current-key.ts';
import type {KeyRecord} from '../../lib/storage/key-record.ts';

const record = (sequence: number): KeyRecord => ({
  keystoreId: 'https://localhost:9443/kms/keystores/z1A',
  localKeyId: 'z1B',
  sequence,
  type: 'Ed25519VerificationKey2020',
  createdAt: 0,
  updatedAt: 0,
  origin: 'generated',
  state: 'enabled',
  versions: [],
});

describe('withCurrentKey', () => {
  /** Reads these sequences one after the other; what is read with the first cannot be used. */
  async function use(sequences: readonly number[], error: Error): Promise<{read: number; used: number[]}> {
    let read = 0;
    const used: number[] = [];
    await withCurrentKey(
      async () => record(sequences[read++] ?? NaN),
      async ({sequence}) => {
        used.push(sequence);
        if (used.length === 1) throw error;
      },
    );
    return {read, used};
  }

  async function failure(promise: Promise<unknown>): Promise<unknown> {
    try {
      await promise;
    } catch (error) {
      return error;
    }
    return undefined;
  }

  it('reads once where all is well', async () => {
    let read = 0;
    const result = await withCurrentKey(
      async () => record(read++),
      async ({sequence}) => `used ${sequence}`,
    );
    expect([result, read]).to.deep.equal(['used 0', 1]);
  });

  it('uses the record as it is now, where it was sealed anew meanwhile', async () => {
    expect(await use([3, 4], new InternalError(new Error('gone')))).to.deep.equal({read: 2, used: [3, 4]});
  });

  it('fails where the record is the same', async () => {
    const error = new InternalError(new Error('damaged'));
    expect(await failure(use([3, 3], error))).to.equal(error);
  });

  it('does nothing again that failed on its input', async () => {
    const error = new OperationFailedError('no');
    expect(await failure(use([3, 4], error))).to.equal(error);
  });
});
