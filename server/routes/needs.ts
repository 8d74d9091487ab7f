import type { Context, MiddlewareHandler } from 'hono';
import type { Scope } from '../../shared/domain/access.ts';
import type { Caller } from '../access/caller.ts';
import { notIdentified } from '../access/identify.ts';
import { refuseExcess } from '../access/rate-limits.ts';
import { BY_ADDRESS, byKeyOf, type Reading } from '../access/reading.ts';
import type { SignedUrls } from '../access/signed-urls.ts';
import type { Ticket, TicketOffice } from '../access/tickets.ts';
import { Problem } from '../problem.ts';
import type { AppEnv } from './context.ts';

/** What a route asks of a caller; `public`: nothing. */
export type Access = Scope | 'public' | typeof TICKET | typeof SIGNATURE;

const TICKET = 'upload or a ticket';
const SIGNATURE = 'read or a signature';

const declared = new WeakMap<object, Access>();

/** What the handler of a route asks, by {@link needs}; undefined for any other handler. */
export const accessOf = (handler: object): Access | undefined => declared.get(handler);

/** Stands first in each route: lets through who may, and puts its name into the log. */
export function needs(access: Scope | 'public' | typeof TICKET): MiddlewareHandler<AppEnv> {
  const guard: MiddlewareHandler<AppEnv> = async (c, next) => {
    c.set('ticket', null);
    const token = access === TICKET ? c.req.query('ticket') : undefined;
    if (token !== undefined) {
      await count(c, null);
      letIn(c, await holderOf(token, c.get('access').tickets));
    } else if (access !== 'public') {
      const authorization = c.req.header('authorization');
      const caller = c.get('access').identify(authorization);
      await count(c, caller);
      if (!caller) throw notIdentified(authorization);
      const scope = access === TICKET ? 'upload' : access;
      letIn(c, { caller, ticket: null });
      if (!caller.scopes.has(scope)) throw forbidden(scope, caller);
    }
    await next();
  };
  declared.set(guard, access);
  return guard;
}

/** The same for a variant. Where addresses are signed, that is looked at before anything else: a refusal tells nothing of what is there. */
export function needsAddress(urls: SignedUrls | null): MiddlewareHandler<AppEnv> {
  const guard: MiddlewareHandler<AppEnv> = async (c, next) => {
    c.set('reading', urls ? await readingOf(c, urls) : BY_ADDRESS);
    await next();
  };
  declared.set(guard, urls ? SIGNATURE : 'public');
  return guard;
}

async function readingOf(c: Context<AppEnv>, urls: SignedUrls): Promise<Reading> {
  const signed = urls.read(c.req.path, c.req.query());
  if (signed) {
    c.set('log', c.get('log').child({ signedBy: signed.signer }));
    return signed;
  }
  const authorization = c.req.header('authorization');
  const caller = authorization === undefined ? null : c.get('access').identify(authorization);
  await count(c, caller);
  if (authorization !== undefined && !caller) throw notIdentified(authorization);
  // Where there are no keys at all, anybody has every scope.
  if (!caller || caller.keyId === null) throw badSignature();
  letIn(c, { caller, ticket: null });
  if (!caller.scopes.has('read')) throw forbidden('read', caller);
  return byKeyOf(caller);
}

const badSignature = () =>
  new Problem('bad_signature', 'This address is not signed, or its time is over: ask for another one.');

/** What is public is not counted: probes, and the pictures of a page. */
async function count(c: Context<AppEnv>, caller: Caller | null): Promise<void> {
  const allowance = await c.get('access').rateLimits.count(caller?.keyId ?? null, c.get('client'));
  c.set('allowance', allowance);
  if (allowance) refuseExcess(allowance);
}

function letIn(c: Context<AppEnv>, { caller, ticket }: { caller: Caller; ticket: Ticket | null }): void {
  const named = {
    ...(caller.keyId !== null && { keyId: caller.keyId }),
    ...(ticket && { ticketId: ticket.id }),
  };
  c.set('log', c.get('log').child(named));
  c.set('caller', caller);
  c.set('ticket', ticket);
}

/** Who has a ticket does what its key would do, with that one upload. */
async function holderOf(token: string, tickets: TicketOffice) {
  const ticket = await tickets.read(token);
  if (!ticket)
    throw new Problem('bad_ticket', 'This ticket is not valid, or its time is over: ask for another one.');
  return { caller: { keyId: ticket.keyId, tenant: ticket.tenant, scopes: NO_SCOPES }, ticket };
}

const NO_SCOPES: ReadonlySet<Scope> = new Set();

const forbidden = (scope: Scope, { keyId }: Caller) =>
  new Problem('not_allowed', `The API key "${keyId}" has not the scope "${scope}", which this needs.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
