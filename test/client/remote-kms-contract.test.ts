import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {RemoteKms} from '../../lib/client/remote/remote-kms.ts';
import {controller} from '../support/did-key.ts';
import {runServer} from '../support/run-server.ts';
import {describeKms} from './kms.suite.ts';

describeKms({
  name: 'RemoteKms, over HTTPS',
  open: async () => {
    const server = await runServer();
    const ca = await readFile(join(server.dataDir, 'tls.crt'), 'utf8');
    const {signer} = controller('remote KMS');
    const kms = await RemoteKms.createKeystore({serverUrl: server.baseUrl, signer, ca});
    return {kms, close: () => server.stop()};
  },
});
