import {KmsError} from '../errors.ts';
import type {KeyModule} from '../key-modules/key-module.ts';
import {findKeyType} from '../keys/key-types.ts';
import {SealedError} from '../sealing/sealing-errors.ts';
import {eachOf} from '../storage/each-of.ts';
import type {KeyRecord} from '../storage/key-record.ts';
import type {Stores} from '../storage/stores.ts';
import {Turns} from '../turns.ts';
import {failureMessage} from './failure-message.ts';
import type {Finding} from './finding.ts';
import type {Pacer} from './pacer.ts';
import {readVerified} from './read-verified.ts';
import type {RecordAuthenticator} from './record-authenticator.ts';
import {formatRecordName, TamperedRecordError, type RecordName} from './tampered-record-error.ts';

export interface CheckRecordsOptions {
  readonly stores: Pick<Stores, 'keystores' | 'keys'>;
  readonly authenticator: RecordAuthenticator;
  /** By the names that keystores use. */
  readonly keyModules: ReadonlyMap<string, KeyModule>;
  readonly pacer: Pacer;
}

/** Every keystore and every key: its MAC, and whether the key's material opens. One that cannot even be read is named. */
export async function* checkRecords(options: CheckRecordsOptions): AsyncGenerator<Finding> {
  const {keystores, keys} = options.stores;
  for await (const keystoreId of eachOf((page) => keystores.listIds(page))) {
    await options.pacer.step();
    const keystore = await checkKeystore(keystoreId, options);
    yield* keystore.findings;
    const module = keystore.kmsModule === undefined ? undefined : options.keyModules.get(keystore.kmsModule);
    if (keystore.kmsModule !== undefined && !module) {
      const message = `Its key module ${keystore.kmsModule} is not offered: the material of its keys was not opened.`;
      yield found('note', {kind: 'keystore', keystoreId}, message);
    }
    for await (const localKeyId of eachOf((page) => keys.listIds({keystoreId, ...page}))) {
      await options.pacer.step();
      yield* await checkKey({kind: 'key', keystoreId, localKeyId}, module, options);
    }
  }
}

async function checkKeystore(
  keystoreId: string,
  {stores, authenticator}: CheckRecordsOptions,
): Promise<{readonly kmsModule?: string | undefined; readonly findings: readonly Finding[]}> {
  const name = {kind: 'keystore', keystoreId} as const;
  try {
    const config = await readVerified(
      () => stores.keystores.find(keystoreId),
      async (stored) => {
        if (stored && stored.id !== keystoreId) throw new TamperedRecordError(name);
        return stored && authenticator.verifyKeystore(stored);
      },
    );
    return {kmsModule: config?.kmsModule, findings: []};
  } catch (error) {
    return {findings: [unverified(name, error)]};
  }
}

async function checkKey(
  name: Extract<RecordName, {kind: 'key'}>,
  module: KeyModule | undefined,
  {stores, authenticator}: CheckRecordsOptions,
): Promise<readonly Finding[]> {
  const {keystoreId, localKeyId} = name;
  const read = () => stores.keys.find({keystoreId, localKeyId});
  const verify = async (stored: Awaited<ReturnType<typeof read>>) => {
    if (stored && (stored.keystoreId !== keystoreId || stored.localKeyId !== localKeyId)) {
      throw new TamperedRecordError(name);
    }
    return stored && authenticator.verifyKey(stored);
  };
  try {
    const record = await readVerified(read, verify);
    if (!record || !module) return [];
    const message = await materialTrouble(record, module);
    // It may have been sealed anew since it was read: only what is there now counts.
    const now = message === undefined ? undefined : await readVerified(read, verify);
    const still = now && (now.sequence === record.sequence ? message : await materialTrouble(now, module));
    return still === undefined ? [] : [found('error', name, still)];
  } catch (error) {
    return [unverified(name, error)];
  }
}

/** Opens the material of each version that has any, as resealing does, and drops what it was sealed to; or has its module look for the key. */
async function materialTrouble(record: KeyRecord, module: KeyModule): Promise<string | undefined> {
  const {keystoreId, localKeyId} = record;
  const type = findKeyType(record.type);
  if (!type) return `Its type ${record.type} is not one that there is.`;
  const turns = new Turns();
  for (const version of record.versions) {
    await turns.next();
    const {publicKey, material} = version;
    if (!material) continue;
    const key = {keystoreId, localKeyId, type: type.name, version: version.version, material};
    try {
      const whole = {...key, ...(publicKey && {publicKey})};
      await (module.checkKey ? module.checkKey(whole) : module.reseal?.(whole));
    } catch (error) {
      return `The material of its version ${version.version} does not open: ${failureMessage(error)}.`;
    }
  }
  return undefined;
}

function unverified(name: RecordName, error: unknown): Finding {
  if (error instanceof SealedError) throw error;
  const message =
    error instanceof TamperedRecordError
      ? 'It is not what the server wrote.'
      : `It cannot be ${error instanceof KmsError ? 'read' : 'verified'}: ${failureMessage(error)}.`;
  return found('error', name, message);
}

function found(severity: Finding['severity'], name: RecordName, message: string): Finding {
  const {kind} = name;
  return {severity, kind, record: formatRecordName(name).slice(kind.length + 1), message};
}
