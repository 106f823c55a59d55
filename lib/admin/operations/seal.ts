import type {AdminOperation} from '../admin-operation.ts';
import {noParameters} from '../parameters.ts';

export interface Sealed {
  readonly sealed: boolean;
}

/** Forgets all keys that are open, and the shares that were given. */
export const seal: AdminOperation<undefined, Sealed> = {
  name: 'seal',
  whileSealed: true,
  parse: noParameters,
  async run({root}) {
    await root.seal();
    return {sealed: root.isSealed()};
  },
};
