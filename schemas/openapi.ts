import {API_CONTRACT, REFUSALS, type RouteContract} from './api-contract.ts';
import {errorBody} from './error-body.ts';
import type {Schema} from './json-schema.ts';
import {SchemaComponents} from './schema-components.ts';

/** A route, with its parameters as `:name`. */
export interface ApiRoute {
  readonly name: keyof typeof API_CONTRACT;
  readonly method: string;
  readonly path: string;
}

type Json = Readonly<Record<string, unknown>>;

const COMMON_REFUSALS = [400, 403, 413, 415, 429, 431, 503];
/** Of a route that asks for no authority. */
const OPEN_REFUSALS = [429];

const AUTHORIZATION = {
  type: 'http',
  scheme: 'signature',
  description:
    'An HTTP Signature (draft-cavage-http-signatures) over (key-id), (created), (expires), (request-target), host, capability-invocation and, with a body, content-type and digest.',
};

const CAPABILITY_INVOCATION = {
  name: 'Capability-Invocation',
  in: 'header',
  required: true,
  description:
    'The capability that is invoked: `zcap id="…",action="…"` for a root one, `zcap capability="…",action="…"` for a delegated one.',
  schema: {type: 'string'},
};

const DIGEST = {
  name: 'Digest',
  in: 'header',
  required: true,
  description: 'SHA-256 of the raw body: `mh=u…` or `SHA-256=…`.',
  schema: {type: 'string'},
};

/** The OpenAPI 3.1 document of `routes`: made of the very schemas that requests are validated with. */
export function openApiDocument(routes: readonly ApiRoute[]): Json {
  const components = new SchemaComponents();
  const paths: Record<string, Record<string, Json>> = {};
  for (const {name, method, path} of routes) {
    const item = (paths[path.replace(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = describeRoute({name, path}, API_CONTRACT[name], components);
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'WebKMS',
      version: '1.0.0',
      description: 'Keystores and keys, authorised by invoking capabilities (ZCAP-LD).',
    },
    paths,
    components: {
      schemas: components.toJSON(),
      securitySchemes: {httpSignature: AUTHORIZATION},
      parameters: {CapabilityInvocation: CAPABILITY_INVOCATION, Digest: DIGEST},
    },
  };
}

function describeRoute(
  {name, path}: Pick<ApiRoute, 'name' | 'path'>,
  {summary, action, query, body, reply, refusals = []}: RouteContract,
  components: SchemaComponents,
): Json {
  const headers = action === undefined ? [] : ['CapabilityInvocation', ...(body ? ['Digest'] : [])];
  const common = action === undefined ? OPEN_REFUSALS : COMMON_REFUSALS;
  const statuses = [...common, ...refusals].sort((a, b) => a - b);
  const errors = statuses.map((status) => [
    status,
    {
      description: REFUSALS[status],
      content: {'application/problem+json': {schema: components.use(errorBody)}},
    },
  ]);
  return {
    operationId: name,
    summary,
    ...(action !== undefined && {
      description: `Capability action: ${action}.`,
      security: [{httpSignature: []}],
    }),
    parameters: [
      ...[...path.matchAll(/:(\w+)/g)].map(([, parameter]) => pathParameter(parameter)),
      ...queryParameters(query, components),
      ...headers.map((header) => ({$ref: `#/components/parameters/${header}`})),
    ],
    // Bodies differ in their `type`; of replies, what fits one operation may fit another.
    ...(body && {requestBody: {required: true, content: jsonContent(body, 'oneOf', components)}}),
    responses: {
      [reply.status]: {
        description: reply.description,
        ...(reply.location && {headers: {Location: {schema: {type: 'string'}}}}),
        ...(reply.body && {content: jsonContent(reply.body, 'anyOf', components)}),
      },
      ...(Object.fromEntries(errors) as Json),
    },
  };
}

function pathParameter(name: string | undefined): Json {
  return {name, in: 'path', required: true, schema: {type: 'string'}};
}

function queryParameters(query: RouteContract['query'], components: SchemaComponents): readonly Json[] {
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query?.required?.includes(name) ?? false,
    schema: components.use(schema),
  }));
}

function jsonContent(
  schemas: readonly Schema[],
  choice: 'oneOf' | 'anyOf',
  components: SchemaComponents,
): Json {
  const [first, ...others] = schemas.map((schema) => components.use(schema));
  return {'application/json': {schema: others.length === 0 ? first : {[choice]: [first, ...others]}}};
}
