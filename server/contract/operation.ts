import type { MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { readQuery } from '../page.ts';
import type { ProblemCode } from '../problem.ts';

/** An answer that is no refusal. */
export interface Success {
  description: string;
  /** Of its JSON; where it has another body, or none, the media types of that. */
  body: z.ZodType | readonly string[];
  /** Of what the schema describes; JSON if it is not said. Of `text/event-stream` it describes the `data` of an event. */
  mediaType?: string;
  headers?: z.ZodObject;
}

/** What a client is told of a route. What it asks of callers and which parameters it takes is said by what checks them. */
export interface Operation {
  /** The name of it in clients that are made from the contract. */
  id: string;
  summary: string;
  description?: string;
  /** Headers of the request that it heeds. */
  headers?: z.ZodObject;
  /** By media type; the bytes of a file are null. */
  body?: Readonly<Record<string, z.ZodType | null>>;
  answers: Readonly<Record<number, Success>>;
  /** It is answered from what this process has, whatever becomes of the stores. */
  asksNoStore?: true;
  /** Refusals, beside those that any route of its kind may give. */
  problems: readonly ProblemCode[];
}

const operations = new WeakMap<object, Operation>();
const queries = new WeakMap<object, z.ZodObject>();

/** What the handlers of a route say of it, by {@link documents} and {@link query}; undefined for any other handler. */
export const operationOf = (handler: object): Operation | undefined => operations.get(handler);
export const queryOf = (handler: object): z.ZodObject | undefined => queries.get(handler);

/** Stands in each route after what it needs: what the contract says of it. */
export function documents(operation: Operation): MiddlewareHandler {
  const says: MiddlewareHandler = (_c, next) => next();
  operations.set(says, operation);
  return says;
}

/** What a route finds by `c.req.valid('query')`, and its client has to give. */
type WithQuery<T extends z.ZodObject> = { in: { query: z.input<T> }; out: { query: z.output<T> } };

/**
 * Reads the query of a route.
 * @param takes what each parameter takes, for who gets it wrong
 */
export function query<T extends z.ZodObject>(
  schema: T,
  takes: Record<string, string> = {},
  // biome-ignore lint/suspicious/noExplicitAny: whatever the environment of the route is
): MiddlewareHandler<any, string, WithQuery<T>> {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const read: MiddlewareHandler<any, string, WithQuery<T>> = async (c, next) => {
    c.req.addValidatedData('query', readQuery(schema, c.req.query(), takes));
    await next();
  };
  queries.set(read, schema);
  return read;
}
