import {getCompileCacheDir} from 'node:module';
import type {Logger} from 'pino';
import type {Settings} from '../config/settings.ts';
import {SelfCheck, SelfCheckError} from '../self-check/self-check.ts';

/**
 * The self-check of a process that is to serve: done here where it decides whether it may.
 * @param alreadyEnforced by the process that has begun this one
 * @throws SelfCheckError where `enforce` is set, and the program is not what its manifest says
 */
export async function beginSelfCheck(
  {selfCheck: settings}: Pick<Settings, 'selfCheck'>,
  log: Logger,
  {alreadyEnforced = false}: {readonly alreadyEnforced?: boolean} = {},
): Promise<SelfCheck> {
  const selfCheck = new SelfCheck(settings);
  if (settings.mode !== 'enforce') return selfCheck;
  const cache = getCompileCacheDir();
  if (cache !== undefined) {
    throw new SelfCheckError(
      `Compiled code was taken from ${cache}, which no manifest covers. WEBKMS_SELF_CHECK=enforce must be in the environment, ` +
        'and NODE_COMPILE_CACHE not.',
    );
  }
  if (alreadyEnforced) return selfCheck;
  const {digest, files} = await selfCheck.enforce();
  log.info({program: digest, files}, 'the program is what its manifest says');
  return selfCheck;
}
