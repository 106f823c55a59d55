/** What every HTTP signature is over (R5). */
const REQUIRED = ['(key-id)', '(created)', '(expires)', '(request-target)', 'host', 'capability-invocation'];
const OF_BODY = ['content-type', 'digest'];
/** The reference takes headers of these names and the parameters of `Authorization` for each other. */
const PARAMETER_NAMES = ['created', 'expires', 'keyid', 'algorithm'];
const NAME = /^(?:\([a-z-]+\)|[a-z0-9-]+)$/;
const MAX_NAMES = 32;

/** The headers that an HTTP signature is over. */
export interface SignedHeaders {
  /** In their order; lower case, pseudo-headers in parentheses. */
  readonly names: readonly string[];
  /** What R5 asks for and they lack. */
  readonly missing: string | undefined;
  /** The same, of a request with a body. */
  readonly missingWithBody: string | undefined;
  /** Whether there is nothing but what R5 asks for. */
  readonly isUsual: boolean;
  readonly hasParameterName: boolean;
}

/** What official clients sign, without and with a body: nearly every request says one of these. */
const USUAL: ReadonlyMap<string, SignedHeaders> = new Map(
  [REQUIRED, [...REQUIRED, ...OF_BODY]].map((names) => [names.join(' '), describe(names)]),
);

/** Reads the `headers` parameter. @returns undefined where it is not well-formed, or names a header twice. */
export function parseSignedHeaders(text: string): SignedHeaders | undefined {
  const usual = USUAL.get(text);
  if (usual) return usual;
  const names = text.split(' ');
  if (names.length > MAX_NAMES || !names.every((name) => NAME.test(name))) return undefined;
  return new Set(names).size === names.length ? describe(names) : undefined;
}

function describe(names: readonly string[]): SignedHeaders {
  const isMissing = (name: string): boolean => !names.includes(name);
  return {
    names,
    missing: REQUIRED.find(isMissing),
    missingWithBody: [...REQUIRED, ...OF_BODY].find(isMissing),
    isUsual: names.every((name) => REQUIRED.includes(name) || OF_BODY.includes(name)),
    hasParameterName: names.some((name) => PARAMETER_NAMES.includes(name)),
  };
}
