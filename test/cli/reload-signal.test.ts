import {expect} from 'chai';
import {onReloadSignal, type ReloadSource} from '../../lib/cli/reload-signal.ts';

describe('SIGHUP', () => {
  function start(terminals: boolean[]): {hangUp(atMs: number): void; readonly done: string[]} {
    const done: string[] = [];
    let now = 0;
    let listener = (): void => undefined;
    const source: ReloadSource = {
      pid: 7,
      on: (_signal, given) => (listener = given),
      kill: (pid, signal) => done.push(`${signal} ${pid}`),
    };
    const hasTerminal = (): boolean => terminals.shift() ?? false;
    onReloadSignal(source, () => done.push('reload'), {hasTerminal, now: () => now});
    return {
      done,
      hangUp: (atMs) => {
        now = atMs;
        listener();
      },
    };
  }

  it('reloads, once for one that comes twice', () => {
    const server = start([false]);
    server.hangUp(1000);
    server.hangUp(1400);
    expect(server.done).to.deep.equal(['reload']);
    server.hangUp(3000);
    expect(server.done).to.deep.equal(['reload', 'reload']);
  });

  it('reloads where the terminal is there still, and stops where it has gone', () => {
    const server = start([true, true, false]);
    server.hangUp(1000);
    server.hangUp(2000);
    expect(server.done).to.deep.equal(['reload', 'SIGTERM 7']);
  });
});
