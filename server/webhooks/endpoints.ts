import { z } from 'zod';
import { ConfigurationError } from '../../shared/config.ts';
import { Tenant } from '../../shared/domain/ids.ts';
import { EndpointId, WEBHOOK_EVENTS, WebhookEvent } from '../../shared/domain/webhook.ts';
import { readJsonFile } from '../../shared/json-file.ts';
import { SECRET_TAKES, secretOf } from './secret.ts';

/** Each is told by itself, and has metrics of its own. */
const MOST_ENDPOINTS = 100;

const Secret = z
  .string()
  .startsWith('whsec_', `takes whsec_ and ${SECRET_TAKES}`)
  .transform((text, context) => {
    const secret = secretOf(text);
    if (secret) return secret;
    context.addIssue({ code: 'custom', message: `takes whsec_ and ${SECRET_TAKES}` });
    return z.NEVER;
  });

/** What is in it is secret, and may be in the address as well: of neither anything is told. */
const Url = z
  .url({ protocol: /^https?$/, error: 'takes an https:// address without a user', abort: true })
  .transform((text) => new URL(text))
  .refine((url) => url.username === '' && url.password === '', 'takes an https:// address without a user');

const Endpoint = z
  .strictObject({
    id: EndpointId,
    url: Url,
    /** Null: of all. */
    tenant: Tenant.nullable().default(null),
    events: z
      .array(WebhookEvent)
      .min(1)
      .default([...WEBHOOK_EVENTS]),
    /** All of them sign, so that a receiver may have any. */
    secrets: z.array(Secret).min(1).max(5),
    /** An operator's own, that may be within the network, and without TLS. */
    allowPrivate: z.boolean().default(false),
  })
  .refine(({ url, allowPrivate }) => allowPrivate || url.protocol === 'https:', {
    path: ['url'],
    message: 'takes an https:// address, or "allowPrivate": true',
  });
export type Endpoint = z.output<typeof Endpoint>;

const EndpointsFile = z.strictObject({ endpoints: z.array(Endpoint).min(1).max(MOST_ENDPOINTS) });

/** Whom WEBHOOKS_FILE names, as it was when it was read the last time. */
export class Endpoints {
  readonly #path: string;
  #all: readonly Endpoint[];

  private constructor(path: string, all: readonly Endpoint[]) {
    this.#path = path;
    this.#all = all;
  }

  /** @throws {ConfigurationError} with every fault of the file, and nothing of a secret */
  static async read(path: string): Promise<Endpoints> {
    return new Endpoints(path, await readEndpoints(path));
  }

  get all(): readonly Endpoint[] {
    return this.#all;
  }

  /** Where the file has a fault, all stays as it is. @throws {ConfigurationError} */
  async readAgain(): Promise<void> {
    this.#all = await readEndpoints(this.#path);
  }
}

async function readEndpoints(path: string): Promise<Endpoint[]> {
  const parsed = EndpointsFile.safeParse(await readJsonFile('WEBHOOKS_FILE', path));
  if (!parsed.success) {
    throw new ConfigurationError(
      parsed.error.issues.map((issue) => `WEBHOOKS_FILE: ${z.core.toDotPath(issue.path)}: ${issue.message}`),
    );
  }
  const { endpoints } = parsed.data;
  const twice = endpoints.find(({ id }, at) => endpoints.findIndex((other) => other.id === id) < at);
  if (twice) throw new ConfigurationError([`WEBHOOKS_FILE: ${twice.id}: another endpoint has the same id`]);
  return endpoints;
}
