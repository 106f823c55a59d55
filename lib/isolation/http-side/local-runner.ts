import type {Logger} from 'pino';
import type {Settings} from '../../config/settings.ts';
import type {Connection} from '../../rpc/connection.ts';
import {KEY_PROCESS_METHODS, type KeyProcess, type OpenedKeys} from '../protocol/key-process-methods.ts';
import {KeyProcessStartError} from '../protocol/key-process-start-error.ts';
import {remote} from '../../rpc/remote-interface.ts';
import {confine, warnOfNetwork, type ConfinementOptions} from './confinement.ts';
import {keyPlaces, seedingPlaces} from './key-places.ts';
import type {KeyProcessRunner, RunningKeyProcess} from './key-process-runner.ts';
import {settingsForKeys} from './settings-for-keys.ts';
import {spawnConfined} from './spawn-confined.ts';

export interface LocalRunnerOptions {
  readonly settings: Settings;
  /** Who this server is among those on one store. */
  readonly holder: string;
  /** Whether the last one was sealed when it was heard of last. */
  readonly wasSealed: () => boolean;
  readonly log: Logger;
}

/** Runs key processes as children of this process, which is all of the server. */
export class LocalRunner implements KeyProcessRunner {
  readonly #options: LocalRunnerOptions;
  #needsOperator = false;

  constructor(options: LocalRunnerOptions) {
    this.#options = options;
  }

  async run(): Promise<RunningKeyProcess> {
    const {settings, log} = this.#options;
    const running = await this.#run(keyPlaces(settings));
    warnOfNetwork(running, log);
    return running;
  }

  async runToSeed(): Promise<RunningKeyProcess | undefined> {
    const places = seedingPlaces(this.#options.settings, []);
    return places && this.#run(places);
  }

  async #run(places: ConfinementOptions): Promise<RunningKeyProcess> {
    const confinement = await confine(places);
    const {streams, ...child} = await spawnConfined(confinement, {terminal: true});
    const [stream] = streams;
    if (!stream) throw new Error('Unreachable: it was spawned with a pipe.');
    return {
      ...child,
      stream,
      network: confinement.network,
      open: (connection, {again}) => this.#open(connection, again),
    };
  }

  async #open(connection: Connection, again: boolean): Promise<OpenedKeys> {
    const {settings, holder, wasSealed} = this.#options;
    const keys = remote<KeyProcess>('keys', KEY_PROCESS_METHODS, connection);
    const sealed = again && (wasSealed() || this.#needsOperator);
    try {
      return await keys.open({settings: settingsForKeys(settings), holder, sealed, prompts: !again});
    } catch (error) {
      this.#needsOperator = error instanceof KeyProcessStartError && error.reason === 'root-of-trust';
      throw error;
    }
  }
}
