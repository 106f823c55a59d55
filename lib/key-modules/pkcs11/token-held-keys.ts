import {CKA, CKO} from '../../pkcs11/cryptoki.ts';
import type {Pkcs11Token} from '../../pkcs11/pkcs11-token.ts';
import {Turns} from '../../turns.ts';
import type {HeldKey, HeldKeys} from '../held-keys.ts';
import {decodeReference, encodeReference, formatLabel, isObjectId, parseLabel} from './key-reference.ts';
import {operationFailure} from './token-failure.ts';

const CLASSES = [CKO.PRIVATE_KEY, CKO.SECRET_KEY] as const;

/** The objects of a token that the key module has made: its labels say whose they are. All else in the token is not touched. */
export class TokenHeldKeys implements HeldKeys {
  readonly #token: Pick<Pkcs11Token, 'list' | 'destroy'>;

  constructor(token: Pick<Pkcs11Token, 'list' | 'destroy'>) {
    this.#token = token;
  }

  async list(): Promise<readonly HeldKey[]> {
    const held: HeldKey[] = [];
    const turns = new Turns();
    for (const objectClass of CLASSES) {
      const template = [
        {type: CKA.CLASS, value: objectClass},
        {type: CKA.TOKEN, value: true},
      ];
      for (const {values} of await this.#call(() => this.#token.list(template, [CKA.LABEL, CKA.ID]))) {
        const [label, id] = values;
        const owner = label && parseLabel(Buffer.from(label).toString());
        if (owner && id && isObjectId(id)) held.push({...owner, material: encodeReference(id)});
        await turns.next();
      }
    }
    return held;
  }

  /** Others may have given an object the same id. */
  async destroy({material, ...owner}: HeldKey): Promise<void> {
    const named = {id: decodeReference(material), label: formatLabel(owner)};
    for (const objectClass of CLASSES)
      await this.#call(() => this.#token.destroy({class: objectClass, ...named}));
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw operationFailure(error);
    }
  }
}
