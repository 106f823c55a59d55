import {makeTempDir, type TempDir} from '../sealing/temp-dir.ts';
import {Node, type NodeOptions} from './node.ts';

export interface Nodes {
  /** Opens one more node over the test's data directory. */
  open(options?: NodeOptions): Promise<Node>;
  dataDir(): string;
}

/** A fresh data directory for each test of the surrounding `describe`; its nodes are closed afterwards. */
export function useNodes(): Nodes {
  let directory: TempDir;
  let nodes: Node[] = [];
  beforeEach(async () => {
    directory = await makeTempDir();
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    nodes = [];
    await directory.remove();
  });
  return {
    async open(options) {
      const node = await Node.open(directory.path('data'), options);
      nodes.push(node);
      return node;
    },
    dataDir: () => directory.path('data'),
  };
}
