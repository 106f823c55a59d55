import {randomBytes} from 'node:crypto';
import {expect} from 'chai';
import {QuotaExceededError} from '../../../lib/errors.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {changed, insertKey, insertKeystore, makeKey, NOW} from '../records.ts';
import {expectRefusal, plain} from '../store-suite.ts';
import {openHandles} from './open-handles.ts';

const versionsOf = (count: number, materialBytes: number) =>
  Array.from({length: count}, (_, index) => ({
    ...{version: index + 1, createdAt: NOW, state: 'enabled' as const, material: randomBytes(materialBytes)},
  }));

describe('large keys in MongoDB', () => {
  const server = useMongoJavaServer();

  it('are kept as long as they fit into a document, and refused before anything is sent', async () => {
    const handles = await openHandles(server);
    const {stores, other} = handles;
    const {id} = await insertKeystore(stores);
    const large = await insertKey(stores, id, {versions: versionsOf(1000, 14_000)});
    expect(plain(await other.keys.find(large))).to.deep.equal(plain(large));
    const tooLarge = {versions: versionsOf(1000, 16_000)};
    const insertion = stores.keys.insert(makeKey(id, tooLarge), {maxPerKeystore: 9});
    await expectRefusal(insertion, QuotaExceededError);
    const grown = changed(large, {versions: [...large.versions, {...large.versions[0]!, version: 1001}]});
    await stores.keys.update(grown);
    const versions = [
      ...grown.versions,
      ...versionsOf(200, 14_000).map((each) => ({...each, version: each.version + 1001})),
    ];
    await expectRefusal(stores.keys.update(changed(grown, {versions})), QuotaExceededError);
    expect(await stores.keys.find(large)).to.have.property('sequence', 1);
    expect(await handles.documentsOf('key')).to.have.lengthOf(1);
    await handles.close();
  });
});
