import type {CapabilityChainDetails} from '@digitalbazaar/ezcap-express';
import {HttpError} from './http-error.ts';

export interface ReferenceKeystore {
  readonly id: string;
  readonly sequence: number;
  readonly controller: string | readonly string[];
  readonly kmsModule: string;
  readonly ipAllowList?: readonly string[];
}

/** What the reference keeps: all of it in memory, and open to tests, which put in what our server has created. */
export class ReferenceState {
  readonly #keystores = new Map<string, ReferenceKeystore>();
  readonly #revocations = new Set<string>();

  putKeystore(config: ReferenceKeystore): void {
    this.#keystores.set(config.id, config);
  }

  deleteKeystore(id: string): void {
    this.#keystores.delete(id);
  }

  getKeystore(id: string): ReferenceKeystore {
    const config = this.#keystores.get(id);
    if (!config) throw new HttpError(404, 'NotFoundError', 'Keystore not found.');
    return config;
  }

  listKeystores(controller: unknown): readonly ReferenceKeystore[] {
    const wanted = [controller].flat();
    return [...this.#keystores.values()].filter((config) =>
      [config.controller].flat().some((did) => wanted.includes(did)),
    );
  }

  /** @returns false where it was revoked before. */
  revoke(delegator: string, capabilityId: string): boolean {
    const key = JSON.stringify([delegator, capabilityId]);
    if (this.#revocations.has(key)) return false;
    this.#revocations.add(key);
    return true;
  }

  /** The hook of the verifier libraries: whether any delegated capability of a chain is revoked. */
  readonly inspectCapabilityChain = async ({
    capabilityChain,
    capabilityChainMeta,
  }: CapabilityChainDetails): Promise<{valid: boolean; error?: Error}> => {
    for (const [index, {id}] of capabilityChain.entries()) {
      const delegator = capabilityChainMeta[index]?.verifyResult?.results[0]?.purposeResult.delegator;
      if (delegator === undefined) continue;
      const did = typeof delegator === 'string' ? delegator : delegator.id;
      if (this.#revocations.has(JSON.stringify([did, id]))) {
        return {
          valid: false,
          error: new HttpError(403, 'NotAllowedError', 'A capability of the chain was revoked.'),
        };
      }
    }
    return {valid: true};
  };
}
