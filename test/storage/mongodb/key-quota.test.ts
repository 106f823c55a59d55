import {expect} from 'chai';
import {QuotaExceededError} from '../../../lib/errors.ts';
import {useMongoJavaServer} from '../../support/mongo-java-server.ts';
import {insertKey, insertKeystore, makeKey} from '../records.ts';
import {expectRefusal} from '../store-suite.ts';
import {openHandles} from './open-handles.ts';

describe('the quota of keys in MongoDB', () => {
  const server = useMongoJavaServer();

  it('counts the keys of a keystore once, and again where that is not enough to know', async () => {
    let counts = 0;
    const handles = await openHandles(server, {
      onCommand: (command) => {
        if (command['aggregate'] === 'key') counts++;
      },
    });
    const {stores, other} = handles;
    try {
      const {id} = await insertKeystore(stores);
      const insert = () => stores.keys.insert(makeKey(id), {maxPerKeystore: 8});
      for (let count = 0; count < 4; count++) await insert();
      expect(counts).to.equal(1);
      for (let count = 0; count < 3; count++) await insertKey(other, id);
      counts = 0;
      await insert();
      await expectRefusal(insert(), QuotaExceededError);
      expect(counts).to.equal(1);
    } finally {
      await handles.close();
    }
  });
});
