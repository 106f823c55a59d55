import {BACKENDS} from './backends.ts';
import {describeKeyAdministration} from './key-administration.suite.ts';
import {describeKeyHierarchy} from './key-hierarchy.suite.ts';
import {describeKeyVersions} from './key-versions.suite.ts';
import {describeHierarchyLaws} from './laws.suite.ts';
import {describeRoots} from './roots.suite.ts';

for (const backend of BACKENDS) {
  describeKeyHierarchy(backend);
  describeKeyAdministration(backend);
  describeKeyVersions(backend);
  describeRoots(backend);
  describeHierarchyLaws(backend, backend.name === 'memory' ? 100 : 20);
}
