/** One request and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** The capability's action that was invoked, e.g. `sign`. */
  readonly action: string;
  /** Whether a root capability was invoked, or one that was delegated. */
  readonly isDelegated: boolean;
  /** The DID whose key signed the request. */
  readonly invoker: string;
  readonly sent: unknown;
  readonly status: number;
  readonly statusText: string;
  readonly received: unknown;
}

/** Tells, from now on, of every request that is made with `fetch`, as the clients do, once it is answered. */
export function watchExchanges(onExchange: (exchange: Exchange) => void): void {
  const {fetch} = globalThis;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const sent = parseJson(await request.clone().text());
    const response = await fetch(request);
    const received = parseJson(await response.clone().text());
    const {method, url, headers} = request;
    const {status, statusText} = response;
    onExchange({method, url, ...readAuthority(headers), sent, status, statusText, received});
    return response;
  };
}

/**
 * Who asks for what is in two headers: `Authorization`, an HTTP Signature whose `keyId` belongs to the invoker's DID, and
 * `Capability-Invocation`, which holds a root capability's id or a delegated capability itself.
 */
function readAuthority(headers: Headers): Pick<Exchange, 'action' | 'isDelegated' | 'invoker'> {
  const invocation = headers.get('capability-invocation') ?? '';
  const [, invoker = 'nobody'] = /keyId="([^"#]+)/.exec(headers.get('authorization') ?? '') ?? [];
  const [, action = 'none'] = /action="([^"]+)"/.exec(invocation) ?? [];
  return {action, isDelegated: invocation.includes('capability="'), invoker};
}

function parseJson(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}
