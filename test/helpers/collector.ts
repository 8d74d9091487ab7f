import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { eventually } from './eventually.ts';

const Value = z.looseObject({ stringValue: z.string().optional(), intValue: z.number().optional() });
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, Object.values(value)[0]])));

const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.coerce.number(),
  endTimeUnixNano: z.coerce.number(),
  attributes: Attributes,
});
export type Span = z.output<typeof Span>;

const Line = z.object({
  body: z.object({ stringValue: z.string() }),
  severityText: z.string(),
  traceId: z.string().optional(),
  attributes: Attributes,
});
export type SentLine = z.output<typeof Line>;

const Resource = z.object({ attributes: Attributes });
const Traces = z.object({
  resourceSpans: z.array(
    z.object({ resource: Resource, scopeSpans: z.array(z.object({ spans: z.array(Span) })) }),
  ),
});
const Logs = z.object({
  resourceLogs: z.array(
    z.object({ resource: Resource, scopeLogs: z.array(z.object({ logRecords: z.array(Line) })) }),
  ),
});

/** A collector as OTLP over HTTP describes it, with JSON. */
export class Collector {
  readonly spans: Span[] = [];
  readonly lines: SentLine[] = [];
  readonly resources: Record<string, unknown>[] = [];
  readonly headers: string[] = [];
  readonly #server;

  /** @param answers false: it takes whatever comes, and says nothing */
  private constructor(answers: boolean) {
    this.#server = createServer(async (request, response) => {
      const body = await json(request);
      this.headers.push(String(request.headers['x-tenant'] ?? ''));
      if (request.url === '/v1/traces') this.#traces(Traces.parse(body));
      else if (request.url === '/v1/logs') this.#logs(Logs.parse(body));
      else response.statusCode = 404;
      if (answers) end(response);
    });
  }

  static async open({ answers = true } = {}): Promise<Collector> {
    const collector = new Collector(answers);
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  span(fits: (span: Span) => boolean): Promise<Span> {
    return eventually('a span', () => this.spans.find(fits));
  }

  line(fits: (line: SentLine) => boolean): Promise<SentLine> {
    return eventually('a line', () => this.lines.find(fits));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #traces({ resourceSpans }: z.output<typeof Traces>): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resources.push(resource.attributes);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }

  #logs({ resourceLogs }: z.output<typeof Logs>): void {
    for (const { resource, scopeLogs } of resourceLogs) {
      this.resources.push(resource.attributes);
      this.lines.push(...scopeLogs.flatMap(({ logRecords }) => logRecords));
    }
  }
}

function end(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.end('{}');
}
