import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {readParameters, requiredText} from '../parameters.ts';

export interface RootRetireParameters {
  /** `rw_…` */
  readonly id: string;
}

export interface RetiredRoot {
  readonly id: string;
  readonly uri: string;
}

/** Takes a root of trust out of use. Asked for again where it was interrupted, it goes on. */
export const rootRetire: AdminOperation<RootRetireParameters, RetiredRoot> = {
  name: 'root.retire',
  whileSealed: false,
  parse: (value) => ({id: requiredText(readParameters(value, ['id']), 'id', 128)}),
  async run({root, rootChanges}, {id}, {report, signal}) {
    await root.refresh();
    const record = root.records().find((candidate) => candidate.id === id);
    if (!record) {
      throw new AdminError(
        'not-found',
        'The store has no root of trust of this id. See: webkms admin root list',
      );
    }
    await rootChanges.retire(id, {
      onProgress: ({done, total}) => report({step: 'retiring', done, total}),
      signal,
    });
    return {id, uri: record.uri};
  },
};
