import type {WireRequest} from '../../support/wire.ts';
import {HostileScene} from './hostile-scene.ts';
import type {Refusal} from './refusal.ts';

type Made<T> = T | Promise<T>;

/** A request with one flaw, why it is refused, and the same request without the flaw. */
export interface Case {
  /** Begins with the requirement: `R13 two actions`. */
  readonly title: string;
  readonly request: (scene: HostileScene) => Made<WireRequest | Buffer | string>;
  readonly refusal: Refusal | ((scene: HostileScene) => Refusal);
  /** Absent: the table's. */
  readonly twin?: ((scene: HostileScene) => Made<WireRequest | Buffer | string>) | undefined;
  /** Whether it is refused only once the replay memory has it (R11). */
  readonly remembered?: boolean;
  /** The twin's status. Default: 200. */
  readonly success?: number;
}

/** A server with property on it, for the tests of one `describe`. */
export function useScene(environment: Readonly<Record<string, string>> = {}): () => HostileScene {
  let scene: HostileScene | undefined;
  before(async () => {
    scene = await HostileScene.start(environment);
    await scene.furnish();
  });
  after(async () => scene?.stop());
  return () => {
    if (!scene) throw new Error('The scene is made before the first test.');
    return scene;
  };
}

/** One test for each case: it is refused for its own reason, and its twin succeeds. */
export function itRefuses(
  scene: () => HostileScene,
  cases: readonly Case[],
  {twin: common, success = 200}: Pick<Case, 'twin' | 'success'> = {},
): void {
  for (const {
    title,
    request,
    refusal,
    twin = common,
    remembered = false,
    success: status = success,
  } of cases) {
    it(title, async () => {
      const here = scene();
      await here.refused(await request(here), typeof refusal === 'function' ? refusal(here) : refusal, {
        remembered,
      });
      if (!twin) throw new Error('A refusal proves nothing without a twin that succeeds.');
      await here.accepted(await twin(here), status);
    });
  }
}
