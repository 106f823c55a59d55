// Makes a backup of the database argv[2] with the root argv[3] at argv[4], and stands still when the copy was made.
import {Store} from './backup-fixture.ts';

const [, , database = '', root = '', path = ''] = process.argv;
const store = await Store.open(database, root);
const {keyHierarchy} = store.stores;
const stores = {
  keyHierarchy,
  verify: async () => [],
  copyTo: async (copy: string): Promise<void> => {
    await store.stores.copyTo(copy);
    process.stdout.write('copied\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
};
await store.backUp(path, {stores});
