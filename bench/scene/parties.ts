import {controller, type Controller} from '../../test/support/did-key.ts';

const known = new Map<string, Controller>();

/** Who holds what in a benchmark; the same for the same name. */
export function party(name: string): Controller {
  let found = known.get(name);
  if (!found) known.set(name, (found = controller(`bench: ${name}`)));
  return found;
}

/** Who owns everything. */
export const OWNER: Controller = party('owner');

/** A line of holders of capabilities, each of whom delegates to the next: the owner, and `depth` others. */
export function holders(line: number, depth: number): readonly Controller[] {
  const others = Array.from({length: depth}, (_, index) => party(`holder ${line} ${index}`));
  return [OWNER, ...others];
}
