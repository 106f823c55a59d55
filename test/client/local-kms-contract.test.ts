import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {LocalKms} from '../../lib/client/local/local-kms.ts';
import {controller} from '../support/did-key.ts';
import {describeKms} from './kms.suite.ts';

describeKms({
  name: 'LocalKms',
  open: async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'webkms-local-'));
    const kms = await LocalKms.open({dataDir, controller: controller('local KMS').did});
    return {kms, close: () => rm(dataDir, {recursive: true, force: true})};
  },
});
