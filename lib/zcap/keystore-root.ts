import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {ExpectedRoot} from './invocation.ts';

/** The root that chains of a keystore begin at: nobody's where there is none. */
export function keystoreRoot(keystoreId: string, keystore: KeystoreConfig | undefined): ExpectedRoot {
  const controller = keystore?.controller ?? [];
  const controllers = typeof controller === 'string' ? [controller] : controller;
  return {invocationTarget: keystoreId, controllers, delegable: true};
}

export const isControlled = ({controllers}: ExpectedRoot): boolean => controllers.length > 0;
