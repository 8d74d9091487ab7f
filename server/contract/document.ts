import type { RouterRoute } from 'hono/types';
import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { Sha256 } from '../../shared/domain/ids.ts';
import { EndpointId } from '../../shared/domain/webhook.ts';
import { PROBLEMS, ProblemBody, type ProblemCode } from '../problem.ts';
import { type Operation, operationOf, queryOf, type Success } from './operation.ts';

/** What a route asks of who comes, by its handlers; undefined of any other handler. */
export type AccessOf = (handler: object) => string | undefined;

const ABOUT = {
  title: 'Darkroom',
  version: '1',
  description:
    'Takes photos and turns each into every size that a site needs. Every refusal is `application/problem+json` (RFC 9457) with a ' +
    'stable `code`; its `detail` says what to do. 503 and 429 say in `Retry-After` when to come again. What is no path of this ' +
    'contract is 404 `not_found`, and what is none of the methods of a path 405 `method_not_allowed`.',
};

const SECURITY = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key; where there are none, anybody may do all.',
  },
  ticket: { type: 'apiKey', in: 'query', name: 'ticket', description: 'For one upload.' },
  signature: {
    type: 'apiKey',
    in: 'query',
    name: 'signature',
    description: 'With `expires` and `key`, as the URLs of a manifest have it where SIGNED_READS is set.',
  },
} as const;

const OF_PATHS: Record<string, z.ZodType> = {
  id: z.uuid(),
  sha256: Sha256,
  endpoint: EndpointId,
  variant: z.string().describe('`name-hash.ext` as in a manifest, `name.ext`, or `name` for the best format'),
};

/** What any route may answer that is not for everybody, and what one may besides that asks a store. */
const OF_CALLERS: readonly ProblemCode[] = ['no_key', 'not_allowed', 'rate_limited'];
const OF_STORES: readonly ProblemCode[] = ['store_unavailable', 'internal'];

const ON_EVERY_ANSWER = z.object({ 'x-request-id': z.string() });
const RETRY_AFTER = z.object({ 'retry-after': z.string().optional().describe('Seconds') });

/** OpenAPI 3.1 of these routes, from the very schemas that they check and answer by. */
export function contractOf(routes: readonly RouterRoute[], accessOf: AccessOf): Contract {
  const paths: ZodOpenApiPathsObject = {};
  for (const [path, methods] of byPath(routes)) {
    const name = path.replace(/:(\w+)/g, '{$1}');
    for (const [method, handlers] of methods) {
      const operation = handlers.map(operationOf).find((it) => it !== undefined);
      if (!operation) continue;
      const access = handlers.map(accessOf).find((it) => it !== undefined) ?? 'public';
      const query = handlers.map(queryOf).find((it) => it !== undefined);
      paths[name] = { ...paths[name], [method.toLowerCase()]: described(operation, path, query, access) };
    }
  }
  return createDocument({
    openapi: '3.1.0',
    info: ABOUT,
    paths,
    components: { securitySchemes: SECURITY },
  });
}

/** As the library types it, which exports no name for that. */
export type Contract = ReturnType<typeof createDocument>;

/** The handlers of each method of each path. */
function byPath(routes: readonly RouterRoute[]): Map<string, Map<string, object[]>> {
  const paths = new Map<string, Map<string, object[]>>();
  for (const { path, method, handler } of routes) {
    const methods = paths.get(path) ?? new Map<string, object[]>();
    paths.set(path, methods.set(method, [...(methods.get(method) ?? []), handler]));
  }
  return paths;
}

function described(
  { id, summary, description, headers, body, answers, problems, asksNoStore }: Operation,
  path: string,
  query: z.ZodObject | undefined,
  access: string,
): ZodOpenApiOperationObject {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const ofPath = Object.fromEntries(names.map((name) => [name, OF_PATHS[name] ?? z.string()]));
  const isPublic = access === 'public';
  const common = isPublic ? [] : [...OF_CALLERS, ...(asksNoStore ? [] : OF_STORES)];
  const codes = [...problems, ...common];
  return {
    operationId: id,
    summary,
    description: [description, isPublic ? '' : `Needs ${scopeOf(access)}.`].filter(Boolean).join(' '),
    requestParams: {
      ...(names.length > 0 && { path: z.object(ofPath) }),
      ...(query && { query }),
      ...(headers && { header: headers }),
    },
    ...(body && { requestBody: { content: mapOf(body, (schema) => ({ schema: schema ?? {} })) } }),
    security: securityOf(access),
    responses: { ...mapOf(answers, success), ...refusals(codes) },
  };
}

const scopeOf = (access: string): string => `the scope ${access.replace(/^\w+/, '`$&`')}`;

function securityOf(access: string): Record<string, string[]>[] {
  if (access === 'public') return [];
  const other = ['ticket', 'signature'].find((way) => access.endsWith(way));
  return [{ key: [] }, ...(other ? [{ [other]: [] }] : [])];
}

function success({ description, body, mediaType = 'application/json', headers }: Success) {
  const content = Array.isArray(body)
    ? Object.fromEntries(body.map((type) => [type, {}]))
    : { [mediaType]: { schema: body as z.ZodType } };
  return {
    description,
    headers: headers ? ON_EVERY_ANSWER.extend(headers.shape) : ON_EVERY_ANSWER,
    ...(Object.keys(content).length > 0 && { content }),
  };
}

/** By status: which codes it may have, and what each is. */
function refusals(codes: readonly ProblemCode[]) {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus]
      .sort(([one], [other]) => one - other)
      .map(([status, [first, ...others]]) => {
        const all = first ? ([first, ...others] as const) : ([] as const);
        return [
          status,
          {
            description: all.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
            headers: ON_EVERY_ANSWER.extend(RETRY_AFTER.shape),
            content: {
              'application/problem+json': {
                schema: ProblemBody.extend({ status: z.literal(status), code: z.enum(all) }),
              },
            },
          },
        ];
      }),
  );
}

const mapOf = <K extends PropertyKey, T, R>(
  of: Readonly<Record<K, T>>,
  change: (value: T) => R,
): Record<K, R> =>
  Object.fromEntries(Object.entries<T>(of).map(([key, value]) => [key, change(value)])) as Record<K, R>;
