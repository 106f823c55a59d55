import type {RootStatus} from '../../sealing/root-status.ts';
import type {AdminOperation} from '../admin-operation.ts';
import {noParameters} from '../parameters.ts';

export interface RootList {
  readonly roots: readonly RootStatus[];
}

export const rootList: AdminOperation<undefined, RootList> = {
  name: 'root.list',
  whileSealed: true,
  parse: noParameters,
  async run({root, rootChanges}) {
    await root.refresh();
    return {roots: rootChanges.list()};
  },
};
