import type {AnchorResult} from '../../admin/operations/anchor.ts';
import type {CheckResult} from '../../admin/operations/check.ts';
import {parsePath} from '../../config/parsers.ts';
import {EXIT_FAILURE} from '../command.ts';
import type {AdminCommand} from './admin-command.ts';

export const checkCommand: AdminCommand = {
  name: 'check',
  summary: 'Verify every record in the database; exits with 1 where one was tampered with',
  help: [
    'Walks the whole database and names every record that is not what the server wrote, a line each: "error …", which makes the',
    'exit code 1, or "note …". Records that were put back to an older state are found against an anchor only.',
  ],
  options: {
    anchor: {
      value: 'FILE',
      meaning: 'what "webkms admin anchor" wrote; kept where the database’s writers cannot',
    },
  },
  run: async ({connect, print, io, values}) => {
    const anchor = values['anchor'];
    const asJson = values['json'] === true;
    const findings: string[] = [];
    const write = async (line: string): Promise<void> => void findings.push(line);
    await using connection = await connect(asJson ? {write} : {});
    const parameters = typeof anchor === 'string' ? {anchor: parsePath(anchor)} : {};
    const result = (await connection.call('check', parameters)) as CheckResult;
    const {errors, notes} = result;
    if (asJson) print({...result, findings}, []);
    else if (errors === 0)
      print(result, [`The database is as it was written.${notes > 0 ? ` Notes: ${notes}` : ''}`]);
    else io.err(`webkms: the check found errors: ${errors}, notes: ${notes}`);
    return errors === 0 ? 0 : EXIT_FAILURE;
  },
};

export const anchorCommand: AdminCommand = {
  name: 'anchor',
  summary: 'Write an anchor of the database to standard output, to be kept elsewhere',
  help: [
    'Writes what identifies the state of every record, authenticated, to standard output: webkms admin anchor > FILE',
    'Keep it where whoever can write to the database cannot. Then: webkms admin check --anchor FILE',
  ],
  run: async ({connect, io}) => {
    await using connection = await connect();
    const {lines} = (await connection.call('anchor')) as AnchorResult;
    await io.flush();
    io.err(`The anchor is complete: ${lines} lines.`);
    return 0;
  },
};
