import {oneOf} from '../../../config/parsers.ts';
import {firstOperand, type ClientCommand} from '../client-command.ts';
import {CLIENT_COMMANDS} from '../command-table.ts';
import {completionScript, SHELLS, type CompletedCommand} from '../completion-scripts.ts';
import {SHARED_OPTIONS} from '../parse-command-line.ts';
import {parseOperand} from '../option-values.ts';

/** Those that clients do not share. */
const OTHERS: readonly CompletedCommand[] = [
  {name: 'serve', summary: 'Run the server', options: [], operands: undefined},
  {name: 'admin', summary: 'Look after a server', options: [], operands: undefined},
  {name: 'help', summary: 'Explain a command', options: [], operands: CLIENT_COMMANDS.map(({name}) => name)},
];

export const completionCommand: ClientCommand = {
  operands: [{name: 'SHELL', completion: SHELLS}],
  help: ['Prints a script by which your shell completes the commands of webkms. SHELL is bash, zsh or fish.'],
  examples: [
    'completion bash > ~/.local/share/bash-completion/completions/webkms',
    'completion zsh > "${fpath[1]}/_webkms"',
    'completion fish > ~/.config/fish/completions/webkms.fish',
  ],
  run: async (invocation) => {
    const shell = parseOperand('SHELL', firstOperand(invocation), oneOf(...SHELLS));
    const commands = await Promise.all(
      CLIENT_COMMANDS.map(async ({name, summary, load}): Promise<CompletedCommand> => {
        const {operands = [], options = {}} = await load();
        const all = Object.entries({...options, ...SHARED_OPTIONS});
        return {
          name,
          summary,
          options: [
            ...all.map(([option, {value, meaning, completion}]) => ({
              ...{name: option, meaning, completion},
              takesValue: value !== undefined,
            })),
            {name: 'help', meaning: 'explains the command', takesValue: false, completion: undefined},
          ],
          operands: operands.find(({completion}) => completion)?.completion,
        };
      }),
    );
    const script = completionScript(shell, [...commands, ...OTHERS]);
    invocation.print({shell, script}, script.split('\n'));
    return 0;
  },
};
