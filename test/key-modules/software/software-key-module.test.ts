import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {describeKeyModule} from '../key-module.suite.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

describeKeyModule({
  name: 'software',
  create: async () => new SoftwareKeyModule({wrappers: new MemoryWrappers()}),
});
