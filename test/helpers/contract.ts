import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { createApp } from '../../server/app.ts';
import { contractOf } from '../../server/contract/document.ts';
import type { Parts } from '../../server/routes/context.ts';
import { accessOf } from '../../server/routes/needs.ts';

/** To put routes together, no part of the service is used. */
const PARTS = { origins: [], access: { signedUrls: null }, maxUploadBytes: 25 * 2 ** 20 };

const METHODS = ['get', 'post', 'delete'] as const;

/** The contract of the service as its clients read it. */
export const CONTRACT = contractOf(createApp(PARTS as unknown as Parts).routes, accessOf);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(CONTRACT, 'contract');

/** The paths of the contract, those with the most fixed parts first. */
const PATHS = Object.keys(CONTRACT.paths ?? {})
  .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((one, other) => one.path.split('{').length - other.path.split('{').length);

/** What of the contract an answer is: its path and method, and the status. */
export interface Exercised {
  path: string;
  method: (typeof METHODS)[number];
  status: number;
  /** Of a refusal. */
  code: string | null;
}

/**
 * Holds an answer against the contract.
 * @returns what it is of it; null where it is of no path or method there, and is refused as such
 * @throws when the contract does not say that it may come, or says something else of its body
 */
export async function heldToContract(method: string, url: URL, answer: Response): Promise<Exercised | null> {
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
  const exercised: Exercised = { path: known, method: verb, status: answer.status, code: null };
  const type = answer.headers.get('content-type')?.replace(/;.*/, '') ?? null;
  const types = Object.keys(described.content ?? {});
  if (method === 'HEAD' || (type === null && types.length === 0)) return exercised;
  if (type === null || !types.includes(type))
    throw new Error(`${what}: it is ${type}, not ${types.join(', ')}`);
  const schema = described.content?.[type]?.schema;
  if (!schema) return exercised;
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
