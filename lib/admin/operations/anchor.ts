import {writeAnchor} from '../../integrity/anchor.ts';
import {TamperedRecordError} from '../../integrity/tampered-record-error.ts';
import {AdminError, type AdminOperation} from '../admin-operation.ts';
import {noParameters} from '../parameters.ts';

export interface AnchorResult {
  readonly lines: number;
}

/** `webkms admin anchor > FILE`: writes an anchor of the database, to be kept elsewhere. */
export const anchor: AdminOperation<undefined, AnchorResult> = {
  name: 'anchor',
  whileSealed: false,
  parse: noParameters,
  async run({stores, authenticator, hierarchy}, _parameters, {write, report, signal}) {
    let lines = 0;
    try {
      const anchorLines = writeAnchor({
        ...{stores, authenticator, wrappers: hierarchy, now: Date.now(), report, signal},
      });
      for await (const line of anchorLines) {
        await write(line);
        lines++;
      }
    } catch (error) {
      if (!(error instanceof TamperedRecordError)) throw error;
      const message = `${error.message} No anchor is made of such a database: see webkms admin check.`;
      throw new AdminError('refused', message, {cause: error});
    }
    return {lines};
  },
};
