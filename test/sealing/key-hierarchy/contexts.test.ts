import {expect} from 'chai';
import {
  dataContext,
  dataKeyContext,
  probeContext,
  rootKeyContext,
} from '../../../lib/sealing/key-hierarchy/contexts.ts';

const ROOT_KEY = {scope: 'S', rootKeyId: 'krk', rootKeyVersionId: 'krkv', version: 1, rootWrapperId: 'rw'};
const DATA_KEY = {
  scope: 'S',
  purpose: 'P',
  rootKeyId: 'krk',
  rootKeyVersionId: 'krkv',
  dataKeyId: 'kdk',
  dataKeyVersionId: 'kdkv',
  version: 1,
};
const DATA = {scope: 'S', purpose: 'P', dataKeyId: 'kdk', dataKeyVersionId: 'kdkv', version: 1};
const PLACE = Buffer.from('record 1');

/** The field encoding, read back. */
function decode(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  const fields: string[] = [];
  let offset = 1;
  while (offset < buffer.length) {
    const length = buffer.readUInt32BE(offset);
    fields.push(buffer.toString('utf8', offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  expect(fields).to.have.length(buffer.readUInt8(0));
  return fields;
}

// What is stored opens only under these very bytes: a change here needs a new domain and a way to open the old.
describe('contexts of the key hierarchy', () => {
  it('bind each level to all that says where it belongs', () => {
    const domain = 'webkms key hierarchy v1';
    expect(decode(rootKeyContext(ROOT_KEY))).to.deep.equal([
      domain,
      'root-key',
      'S',
      'krk',
      'krkv',
      '1',
      'rw',
    ]);
    expect(decode(dataKeyContext(DATA_KEY))).to.deep.equal([
      domain,
      'data-key',
      'S',
      'P',
      'krk',
      'krkv',
      'kdk',
      'kdkv',
      '1',
    ]);
    expect(decode(dataContext(DATA, PLACE))).to.deep.equal([
      domain,
      'data',
      'S',
      'P',
      'kdk',
      'kdkv',
      '1',
      'record 1',
    ]);
    expect(decode(probeContext('rw'))).to.deep.equal([domain, 'probe', 'rw']);
  });
});
