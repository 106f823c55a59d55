import {main} from '../../lib/cli/main.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `webkms` in this process. */
export async function run(...args: readonly string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, {out: (line) => void out.push(line), err: (line) => void err.push(line)});
  return {code, out: out.join('\n'), err: err.join('\n')};
}
