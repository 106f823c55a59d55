import type {RootStatus} from '../../sealing/root-status.ts';

/** A line for each. */
export function describeRoots(roots: readonly RootStatus[]): string[] {
  const width = Math.max(0, ...roots.map(({state}) => state.length));
  return roots.map(({id, state, open, uri, offered, threshold, reason, awaited, problem}) => {
    const given = !open && threshold !== undefined ? `, ${offered ?? 0} of ${threshold} shares given` : '';
    const again = awaited ? ' It is tried again by itself.' : '';
    const why = !open && reason !== undefined ? ` (${reason}${again})` : '';
    const trouble = problem === undefined ? '' : ` (cannot be used now: ${problem})`;
    return `${id}  ${state.padEnd(width)}  ${open ? 'open  ' : 'closed'}  ${uri}${given}${why}${trouble}`;
  });
}
