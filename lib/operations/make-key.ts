import type {OperationBody} from '../../schemas/kms-operations.ts';
import {DuplicateError} from '../errors.ts';
import {eraseVersions, isRefusal} from '../key-modules/erase-keys.ts';
import {describeKey} from '../keys/key-description.ts';
import {keyUrl} from '../keys/key-url.ts';
import type {KeystoreConfig} from '../storage/keystore-config-store.ts';
import type {AuthorizedFacts} from './authorized-facts.ts';
import type {KeyServiceParts} from './key-service-options.ts';
import type {NewKeyContext, NewKeyDescriptor} from './operation.ts';

/** Who asks was authorised on the keystore, as it was then. */
export interface KeystoreCall {
  readonly keystore: KeystoreConfig;
  /** Lets a change through once; called once for every change, right before it is made. @throws where it was made before */
  readonly acceptOnce: () => Promise<void>;
  /** What `acceptOnce` and `admit` are made of: of requests that may have to be judged in another process. */
  readonly facts?: AuthorizedFacts;
}

export interface KeystoreReply {
  /** The URL of what was made. */
  readonly location?: string;
  readonly body: object;
}

export interface MakeKeyParts extends Pick<KeyServiceParts, 'keys' | 'keysPerKeystore' | 'erasures' | 'log'> {
  readonly context: NewKeyContext;
}

/** Makes a key and stores it. Of one that was made and then refused, the module keeps nothing. */
export async function makeKey(
  descriptor: NewKeyDescriptor,
  operation: OperationBody<'GenerateKeyOperation'>,
  {keystore, acceptOnce}: KeystoreCall,
  {keys, keysPerKeystore, erasures, log, context}: MakeKeyParts,
): Promise<KeystoreReply> {
  const make = descriptor.plan(operation, context);
  await assertNameFree(keys, keystore, operation.invocationTarget.tags);
  await acceptOnce();
  const record = await make();
  const keyId = keyUrl(record);
  try {
    const keyDescription = describeKey({keyId, keystoreController: keystore.controller, record});
    // Making some kinds of key takes long: a keystore that went to another meanwhile gets no key from its old controller.
    await keys.insert(record, {maxPerKeystore: keysPerKeystore, keystoreSequence: keystore.sequence});
    return {location: keyId, body: {keyId, keyDescription}};
  } catch (error) {
    if (isRefusal(error)) {
      await eraseVersions(record, record.versions, {findModule: () => context.module, erasures, log});
    }
    throw error;
  }
}

/** The store says so too, but only once the key was made. */
async function assertNameFree(
  keys: KeyServiceParts['keys'],
  {id: keystoreId}: KeystoreConfig,
  {name}: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (name === undefined || !(await keys.findByName({keystoreId, name}))) return;
  throw new DuplicateError('Another key of the keystore has that name.');
}
