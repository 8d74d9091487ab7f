import type { MiddlewareHandler } from 'hono';
import type { Scope } from '../../shared/domain/access.ts';
import type { Caller } from '../access/caller.ts';
import { Problem } from '../problem.ts';
import type { AppEnv } from './context.ts';

/** What a route asks of a caller; `public`: nothing. */
export type Access = Scope | 'public';

const declared = new WeakMap<object, Access>();

/** What the handler of a route asks, by {@link needs}; undefined for any other handler. */
export const accessOf = (handler: object): Access | undefined => declared.get(handler);

/** Stands first in each route: lets through who may, and puts its name into the log. */
export function needs(access: Access): MiddlewareHandler<AppEnv> {
  const guard: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (access !== 'public') {
      const caller = c.get('identify')(c.req.header('authorization'));
      if (caller.keyId !== null) c.set('log', c.get('log').child({ keyId: caller.keyId }));
      if (!caller.scopes.has(access)) throw forbidden(access, caller);
      c.set('caller', caller);
    }
    await next();
  };
  declared.set(guard, access);
  return guard;
}

const forbidden = (scope: Scope, { keyId }: Caller) =>
  new Problem('not_allowed', `The API key "${keyId}" has not the scope "${scope}", which this needs.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
