import type {RootStatus} from '../../sealing/root-status.ts';

/** A line for each. */
export function describeRoots(roots: readonly RootStatus[]): string[] {
  const width = Math.max(0, ...roots.map(({state}) => state.length));
  return roots.map(({id, state, open, uri, offered, threshold, reason}) => {
    const given = !open && threshold !== undefined ? `, ${offered ?? 0} of ${threshold} shares given` : '';
    const why = !open && reason !== undefined ? ` (${reason})` : '';
    return `${id}  ${state.padEnd(width)}  ${open ? 'open  ' : 'closed'}  ${uri}${given}${why}`;
  });
}
