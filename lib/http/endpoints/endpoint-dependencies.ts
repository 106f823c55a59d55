import type {OfferedKeyModules} from '../../operations/find-key-module.ts';
import type {RequestKeyService} from '../../operations/key-service.ts';
import type {RequestStores} from '../../storage/stores.ts';
import type {Authorizer} from '../../zcap/invocation.ts';

/** How much one party may store. */
export interface Quotas {
  /** Keystores that one DID has created and that still exist. */
  readonly keystoresPerCreator: number;
  /** Revocations in one keystore of what one delegate of its controllers got and delegated on; the controllers' own are not counted (R47). */
  readonly revocationsPerDelegator: number;
}

/** What endpoints are made of. */
export interface EndpointDependencies {
  /** The public origin, e.g. `https://localhost:9443`. */
  readonly baseUrl: string;
  readonly stores: Pick<RequestStores, 'keystores' | 'revocations' | 'state'>;
  readonly authorizer: Authorizer;
  readonly keyService: RequestKeyService;
  /** What new keystores may ask for. */
  readonly keyModules: OfferedKeyModules;
  /** `open`: the new keystore's controller may create it; else the DIDs that may create any. */
  readonly keystoreCreation: 'open' | readonly string[];
  /** Whether key descriptions are for everybody. */
  readonly keyDescriptions: 'authorized' | 'public';
  readonly quotas: Quotas;
  /** Throws where no request can be served now, before anything of it is read. @throws SealedError */
  readonly assertUsable?: () => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}
