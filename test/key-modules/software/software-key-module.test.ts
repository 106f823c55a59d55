import {describeKeyModule} from '../../../lib/key-module-suite/describe-key-module.ts';
import {SoftwareKeyModule} from '../../../lib/key-modules/software/software-key-module.ts';
import {KEY_TYPES} from '../../../lib/keys/key-types.ts';
import {MemoryWrappers} from '../memory-wrappers.ts';

describeKeyModule({
  name: 'software',
  create: async () => new SoftwareKeyModule({wrappers: new MemoryWrappers()}),
  types: Object.values(KEY_TYPES).map(({name}) => name),
});
