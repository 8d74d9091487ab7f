import { appendFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from 'zod';
import { createApp } from '../../server/app.ts';
import { contractOf } from '../../server/contract/document.ts';
import type { Parts } from '../../server/routes/context.ts';
import { accessOf } from '../../server/routes/needs.ts';

/** To put routes together, no part of the service is used. */
const PARTS = { origins: [], access: { signedUrls: null }, maxUploadBytes: 25 * 2 ** 20 };

const METHODS = ['get', 'post', 'patch', 'delete'] as const;

/** The contract of the service as its clients read it. */
export const CONTRACT = contractOf(createApp(PARTS as unknown as Parts).routes, accessOf);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
// Of JSON Schema's contentEncoding, and no format of ajv's.
ajv.addFormat('base64', true);
ajv.addSchema(CONTRACT, 'contract');

/** The paths of the contract, those with the most fixed parts first. */
const PATHS = Object.keys(CONTRACT.paths ?? {})
  .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((one, other) => one.path.split('{').length - other.path.split('{').length);

/** What of the contract an answer is. */
export const Exercised = z.object({
  path: z.string(),
  method: z.enum(METHODS),
  status: z.string(),
  /** Of a refusal. */
  code: z.string().nullable(),
});
export type Exercised = z.infer<typeof Exercised>;

/** Where the answers that have come are noted, a line each; else nowhere. */
const { DARKROOM_EXERCISED: NOTES } = process.env;

/**
 * Holds an answer against the contract.
 * @throws when the contract does not say that it may come, or says something else of its body
 */
export async function heldToContract(method: string, url: URL, answer: Response): Promise<void> {
  // It has come no further than to what reads HTTP.
  if (!answer.headers.has('x-request-id')) return;
  const exercised = await held(method, url, answer);
  if (NOTES && exercised) appendFileSync(NOTES, `${JSON.stringify(exercised)}\n`);
}

/** Null where it is of no path or method of the contract, and is refused as such. */
async function held(method: string, url: URL, answer: Response): Promise<Exercised | null> {
  const known = PATHS.find(({ pattern }) => pattern.test(url.pathname))?.path;
  const verb = METHODS.find((it) => it === (method === 'HEAD' ? 'get' : method.toLowerCase()));
  const what = `${method} ${url.pathname}: ${answer.status}`;
  const operation = known && verb ? CONTRACT.paths?.[known]?.[verb] : undefined;
  if (!operation || !known || !verb) {
    if (answer.status === 404 || answer.status === 405 || method === 'OPTIONS') return null;
    throw new Error(`${what}: the contract has no such operation`);
  }
  const described = operation.responses?.[answer.status];
  if (!described || !('description' in described))
    throw new Error(`${what}: the contract has no such answer`);
  const exercised: Exercised = { path: known, method: verb, status: String(answer.status), code: null };
  const type = answer.headers.get('content-type')?.replace(/;.*/, '') ?? null;
  const types = Object.keys(described.content ?? {});
  // It has no body that could say which refusal it is.
  const [only, ...others] = codesOf(described);
  if (method === 'HEAD') return { ...exercised, code: only && others.length === 0 ? only : null };
  if (type === null && types.length === 0) return exercised;
  if (type === null || !types.includes(type))
    throw new Error(`${what}: it is ${type}, not ${types.join(', ')}`);
  const schema = described.content?.[type]?.schema;
  // It may never end: who reads it looks at its events.
  if (!schema || type === 'text/event-stream') return exercised;
  const body: unknown = await answer.clone().json();
  const pointer = ['paths', known, verb, 'responses', String(answer.status), 'content', type, 'schema'];
  const validate = validatorAt(pointer);
  if (!validate(body))
    throw new Error(`${what}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`);
  const code = type === 'application/problem+json' && typeof body === 'object' && body && 'code' in body;
  return { ...exercised, code: code ? String(body.code) : null };
}

const validators = new Map<string, ValidateFunction>();

function validatorAt(pointer: readonly string[]): ValidateFunction {
  const name = pointer
    .map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
  const known = validators.get(name);
  if (known) return known;
  const validate = ajv.compile({ $ref: `contract#${name}` });
  validators.set(name, validate);
  return validate;
}

/** All that may be answered, by the contract. */
export function documentedAnswers(): Exercised[] {
  return Object.entries(CONTRACT.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) =>
      Object.entries(item[method]?.responses ?? {}).flatMap(([status, answer]): Exercised[] => {
        const content = contentOf(answer);
        const codes = codesOf(answer);
        const isSuccess = codes.length === 0 || Object.keys(content).length > 1;
        return [...(isSuccess ? [null] : []), ...codes].map((code) => ({ path, method, status, code }));
      }),
    ),
  );
}

const contentOf = (answer: object): Record<string, { schema?: unknown }> =>
  'content' in answer ? (answer.content as Record<string, { schema?: unknown }>) : {};

/** The refusals that an answer may be. */
function codesOf(answer: object): string[] {
  const refusal = Refusal.safeParse(contentOf(answer)['application/problem+json']?.schema);
  return refusal.success ? refusal.data.properties.code.enum : [];
}

const Refusal = z.object({ properties: z.object({ code: z.object({ enum: z.array(z.string()) }) }) });
