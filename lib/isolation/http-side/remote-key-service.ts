import {InternalError, NotFoundError} from '../../errors.ts';
import type {KeyDescription} from '../../keys/key-description.ts';
import type {AuthorizedFacts} from '../../operations/authorized-facts.ts';
import type {KeyRequest} from '../../operations/find-key.ts';
import type {
  DescribeOptions,
  KeyCall,
  ListOptions,
  ListRequest,
  RequestKeyService,
} from '../../operations/key-service.ts';
import type {KeystoreCall, KeystoreReply} from '../../operations/make-key.ts';
import type {OnKeyDescriptor, OnKeystoreDescriptor} from '../../operations/operation.ts';
import type {Page} from '../../storage/keystore-config-store.ts';
import type {KeyData, KeyProcess} from '../protocol/key-process-methods.ts';
import type {PendingCalls} from './pending-calls.ts';
import type {RemoteVerifier} from './remote-verifier.ts';

/** What only the HTTP process knows of a request. */
export type PendingRequest = Pick<KeyCall, 'acceptOnce' | 'goOn'>;

export interface RemoteKeyServiceOptions {
  readonly keyProcess: Pick<KeyProcess, 'runOnKeystore' | 'runOnKey' | 'read' | 'list'>;
  readonly verifier: Pick<RemoteVerifier, 'keystoreRows' | 'keyRows'>;
  readonly calls: PendingCalls<PendingRequest>;
}

/** Has the key process do what is asked of a KeyService, and tells it who was authorised to what. */
export class RemoteKeyService implements RequestKeyService {
  readonly #options: RemoteKeyServiceOptions;

  constructor(options: RemoteKeyServiceOptions) {
    this.#options = options;
  }

  runOnKeystore(
    _descriptor: OnKeystoreDescriptor,
    operation: object,
    {keystore, facts, acceptOnce}: KeystoreCall,
  ): Promise<KeystoreReply> {
    const {keyProcess, verifier, calls} = this.#options;
    const row = verifier.keystoreRows.rowBehind(keystore);
    return calls.during({acceptOnce}, (call) =>
      keyProcess.runOnKeystore({keystore: row, operation, facts: known(facts), call}),
    );
  }

  async runOnKey(_descriptor: OnKeyDescriptor, operation: object, call: KeyCall): Promise<object> {
    const {keyProcess, calls} = this.#options;
    const data = await this.#data(call);
    return calls.during(call, (id) => keyProcess.runOnKey({...data, operation, call: id}));
  }

  async read(request: KeyRequest, options: DescribeOptions = {}): Promise<KeyDescription> {
    return (await this.#options.keyProcess.read(await this.#data(request), options)) as KeyDescription;
  }

  async list({keystore, facts}: ListRequest, options: ListOptions): Promise<Page<KeyDescription>> {
    const {keyProcess, verifier} = this.#options;
    const row = verifier.keystoreRows.rowBehind(keystore);
    return (await keyProcess.list({keystore: row, facts: known(facts)}, options)) as Page<KeyDescription>;
  }

  async #data({keystore, localKeyId, findKey, facts}: KeyRequest): Promise<KeyData> {
    const {keystoreRows, keyRows} = this.#options.verifier;
    const record = await findKey?.();
    if (!record) throw new NotFoundError('Key not found.');
    return {
      keystore: keystoreRows.rowBehind(keystore),
      localKeyId,
      key: keyRows.rowBehind(record),
      facts: known(facts),
    };
  }
}

function known(facts: AuthorizedFacts | undefined): AuthorizedFacts {
  if (!facts) throw new InternalError(new Error('Nobody said what was authorised.'));
  return facts;
}
