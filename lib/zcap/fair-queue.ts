/** On whose behalf work is done. Who asks can make as many DIDs as it likes, and has few addresses. */
export interface Party {
  /** The block of addresses that the request came from. */
  readonly address: string;
  /** The DID that signed it. */
  readonly invoker: string;
}

/**
 * Items that wait, served in turns: one address after the other, of an address one invoker after the other, of an invoker
 * in their order. However many somebody puts in, from one address, everybody else is served as often.
 */
export class FairQueue<T> {
  /** Who is next stands first; nothing in here is empty. */
  readonly #addresses = new Map<string, Map<string, T[]>>();

  /** @param place Where among the invoker's own. */
  add(item: T, {address, invoker}: Party, place: 'first' | 'last' = 'last'): void {
    const invokers = this.#addresses.get(address) ?? new Map<string, T[]>();
    const items = invokers.get(invoker) ?? [];
    if (place === 'first') items.unshift(item);
    else items.push(item);
    invokers.set(invoker, items);
    this.#addresses.set(address, invokers);
  }

  /** Takes out who is next; undefined where nobody waits. */
  take(): T | undefined {
    const [next] = this.#addresses;
    if (!next) return undefined;
    const [address, invokers] = next;
    const [[invoker, items] = ['', []]] = invokers;
    const item = items.shift();
    moveToEnd(invokers, invoker, items.length > 0);
    moveToEnd(this.#addresses, address, invokers.size > 0);
    return item;
  }
}

/** Whoever was served is last from now on, if there is more to serve. */
function moveToEnd<V>(map: Map<string, V>, key: string, isMore: boolean): void {
  const value = map.get(key);
  map.delete(key);
  if (isMore && value !== undefined) map.set(key, value);
}
