import {BACKENDS} from './backends.ts';
import {describeKeyAdministration} from './key-administration.suite.ts';
import {describeKeyHierarchy} from './key-hierarchy.suite.ts';
import {describeRoots} from './roots.suite.ts';

for (const backend of BACKENDS) {
  describeKeyHierarchy(backend);
  describeKeyAdministration(backend);
  describeRoots(backend);
}
