export {
  digestFor,
  flipBit,
  newIdentity,
  newKey,
  rejection,
  signable,
} from '../../lib/key-module-suite/fixtures.ts';
