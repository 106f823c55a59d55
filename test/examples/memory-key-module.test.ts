import {MemoryKeyModule} from '../../examples/memory-key-module.ts';
import {describeKeyModule} from '../../lib/key-module-suite/describe-key-module.ts';

describeKeyModule({
  name: 'the example',
  create: async () => new MemoryKeyModule('memory'),
  types: ['Ed25519VerificationKey2020', 'Sha256HmacKey2019', 'urn:webkms:symmetric:AES-256-GCM'],
});
