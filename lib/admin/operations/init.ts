import type {AdminOperation} from '../admin-operation.ts';
import {noParameters} from '../parameters.ts';

export interface Initialized {
  readonly rootWrapperId: string;
  /** They are nowhere else. */
  readonly shares: readonly string[];
}

/** Makes the first root of trust of an empty store, where the setting is one in shares. */
export const init: AdminOperation<undefined, Initialized> = {
  name: 'init',
  whileSealed: true,
  parse: noParameters,
  run: ({root}) => root.initialize(),
};
