import {styleText} from 'node:util';
import {abridge, abridgeJson} from './abridge.ts';
import type {Exchange} from './watch-exchanges.ts';

type Style = Parameters<typeof styleText>[0];

/** Prints the story. In colour on a terminal, unless `NO_COLOR` is set. */
export class Narrator {
  readonly #names = new Map<string, string>();
  readonly #shown = new Set<string>();
  #chapter = 0;
  #requests = 0;
  #refusals = 0;

  /** From now on, calls whoever has that DID by name. */
  introduce(name: string, did: string): void {
    this.#names.set(did, name);
    this.say(`${paint('bold', name)} is ${abridge(did)}`);
  }

  title(text: string): void {
    print('', paint('bold', text));
  }

  chapter(title: string): void {
    this.#chapter++;
    print('', paint(['bold', 'cyan'], `${this.#chapter}. ${title}`));
  }

  say(...lines: readonly string[]): void {
    print(...indent(lines));
  }

  /** A document that was made without asking the server. Where it is sent later, it is not printed again. */
  show(document: unknown): void {
    this.#shown.add(JSON.stringify(document));
    print(...indent(abridgeJson(document).map((line) => paint('dim', line))));
  }

  /** Something that has to be so. @throws Error where it is not. */
  check(text: string, isSo: boolean): void {
    if (!isSo) throw new Error(`It is not so that ${text}.`);
    print(...indent([`${paint('green', '✓')} ${text}`]));
  }

  exchange({method, url, action, isDelegated, invoker, sent, ...answer}: Exchange): void {
    const isRefused = answer.status >= 400;
    this.#requests++;
    if (isRefused) this.#refusals++;
    const name = this.#names.get(invoker) ?? abridge(invoker);
    const capability = isDelegated ? 'a delegated capability' : 'a root capability';
    const {pathname, search} = new URL(url);
    const json = (value: unknown): string[] => {
      if (value === undefined) return [];
      if (this.#shown.has(JSON.stringify(value))) return ['  (the document above)'];
      return abridgeJson(value).map((line) => `  ${paint('dim', line)}`);
    };
    print(
      ...indent([
        `${paint('yellow', '→')} ${paint('bold', method)} ${abridge(pathname)}${search}`,
        `  ${name} invokes ${capability}, action ${paint('bold', action)}`,
        ...json(sent),
        `${paint(isRefused ? 'red' : 'green', '←')} ${paint('bold', `${answer.status} ${answer.statusText}`)}`,
        ...json(isRefused ? reasonOf(answer.received) : answer.received),
      ]),
    );
  }

  /** Says where the story broke off, and why. */
  failed(error: unknown): void {
    const where = this.#chapter === 0 ? 'before the story began' : `in chapter ${this.#chapter}`;
    const mark = styleText('red', '✗', {stream: process.stderr});
    process.stderr.write(`\n${mark} Failed ${where}: ${reasons(error).join(' ')}\n`);
  }

  end(): void {
    print(
      '',
      paint(
        ['bold', 'green'],
        `That is the story: ${this.#requests} requests, of which ${this.#refusals} had to be refused, and were.`,
      ),
      'The server is stopped, its data directory removed.',
      'Its code is examples/quickstart.ts. A server that stays: npm start. A client of your own: docs/client-authors.md.',
    );
  }
}

/** Of the body of a refusal, what says why. */
function reasonOf(received: unknown): unknown {
  const {name, message, cause} = received as {name: string; message: string; cause?: {message: string}};
  return {name, message, ...(cause && {cause: {message: cause.message}})};
}

function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  return [error.message, ...(error.cause === undefined ? [] : reasons(error.cause))];
}

function paint(style: Style, text: string): string {
  return styleText(style, text, {stream: process.stdout});
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `   ${line}`);
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
