import {CLIENT_COMMANDS} from './command-table.ts';
import {spellOperands} from './parse-command-line.ts';

/** The commands as a Markdown table, for the documentation. */
export async function commandOverview(): Promise<string> {
  const rows = await Promise.all(
    CLIENT_COMMANDS.map(async ({name, summary, load}) => {
      const {operands = [], options = {}} = await load();
      const words = ['webkms', name, spellOperands(operands)].filter((word) => word !== '').join(' ');
      const names = Object.keys(options).map((option) => `\`--${option}\``);
      return `| \`${words}\` | ${summary} | ${names.join(', ')} |`;
    }),
  );
  return ['| command | what it does | options |', '|---|---|---|', ...rows, ''].join('\n');
}
