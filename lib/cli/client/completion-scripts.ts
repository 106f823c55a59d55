import type {Completion} from './client-command.ts';

/** What shells complete of one command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Of operands; the first that says something. */
  readonly operands: Completion | undefined;
}

export interface CompletedOption {
  /** Without the dashes. */
  readonly name: string;
  readonly meaning: string;
  readonly takesValue: boolean;
  readonly completion: Completion | undefined;
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script to be read by the shell. Words of the command table only: nothing of it needs quotes but the descriptions. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
  }
}

function bash(commands: readonly CompletedCommand[]): string {
  const values = commands.flatMap(({name, options}) =>
    options
      .filter(({takesValue}) => takesValue)
      .map((option) => `    ${name}:--${option.name}) ${bashReply(option.completion)} ;;`),
  );
  const words = commands.map(
    ({name, options, operands}) =>
      `    ${name}) if [[ $cur == -* ]]; then words="${options.map((option) => `--${option.name}`).join(' ')}"; ` +
      `else ${bashReply(operands)}; fi ;;`,
  );
  return [
    '# bash completion of webkms: source <(webkms completion bash)',
    '_webkms() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=',
    '  COMPREPLY=()',
    '  if (( COMP_CWORD == 1 )); then',
    `    COMPREPLY=($(compgen -W "${commands.map(({name}) => name).join(' ')} --help --version" -- "$cur"))`,
    '    return',
    '  fi',
    '  case $command:$prev in',
    ...values,
    '  esac',
    '  case $command in',
    ...words,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '}',
    'complete -F _webkms webkms',
  ].join('\n');
}

function bashReply(completion: Completion | undefined): string {
  if (completion === undefined) return 'return';
  if (completion === 'file') return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return';
  return `COMPREPLY=($(compgen -W "${completion.join(' ')}" -- "$cur")); return`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = commands.map(
    ({name, summary}) => `    ${single(`${name}:${summary.replaceAll(':', '\\:')}`)}`,
  );
  const cases = commands.map(({name, options, operands}) => {
    const specs = options.map((option) =>
      single(
        `*--${option.name}[${escapeBrackets(option.meaning)}]` +
          (option.takesValue ? `:${option.name}:${zshAction(option.completion)}` : ''),
      ),
    );
    return `    ${name}) _arguments ${[...specs, single(`*:operand:${zshAction(operands)}`)].join(' ')} ;;`;
  });
  return [
    '#compdef webkms',
    '# zsh completion of webkms: webkms completion zsh > "${fpath[1]}/_webkms"',
    '_webkms() {',
    '  local -a commands',
    '  commands=(',
    ...described,
    '  )',
    '  if (( CURRENT == 2 )); then _describe command commands; return; fi',
    '  local command=$words[2]',
    '  shift words; (( CURRENT-- ))',
    '  case $command in',
    ...cases,
    '  esac',
    '}',
    'compdef _webkms webkms',
  ].join('\n');
}

function zshAction(completion: Completion | undefined): string {
  if (completion === undefined) return ' ';
  return completion === 'file' ? '_files' : `(${completion.join(' ')})`;
}

function fish(commands: readonly CompletedCommand[]): string {
  return [
    '# fish completion of webkms: webkms completion fish > ~/.config/fish/completions/webkms.fish',
    'complete -c webkms -f',
    ...commands.map(
      ({name, summary}) => `complete -c webkms -n __fish_use_subcommand -a ${name} -d ${fishText(summary)}`,
    ),
    ...commands.flatMap(({name, options, operands}) => {
      const condition = `-n '__fish_seen_subcommand_from ${name}'`;
      return [
        ...options.map((option) =>
          [
            `complete -c webkms ${condition} -l ${option.name}`,
            ...(option.takesValue ? ['-r', fishValues(option.completion)] : []),
            `-d ${fishText(option.meaning)}`,
          ].join(' '),
        ),
        ...(operands === undefined ? [] : [`complete -c webkms ${condition} ${fishValues(operands)}`]),
      ];
    }),
  ].join('\n');
}

function fishValues(completion: Completion | undefined): string {
  if (completion === undefined) return '-f';
  return completion === 'file' ? '-F' : `-f -a '${completion.join(' ')}'`;
}

/** For bash and zsh: in single quotes. */
function single(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function escapeBrackets(text: string): string {
  return text.replaceAll(/[[\]]/g, '\\$&');
}
