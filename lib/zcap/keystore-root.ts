import {controllersOf} from '../storage/controllers-of.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {ExpectedRoot} from './invocation.ts';

/** The root that chains of a keystore begin at: nobody's where there is none. */
export function keystoreRoot(keystoreId: string, keystore: KeystoreConfig | undefined): ExpectedRoot {
  return {invocationTarget: keystoreId, controllers: controllersOf(keystore), delegable: true};
}

export const isControlled = ({controllers}: ExpectedRoot): boolean => controllers.length > 0;
