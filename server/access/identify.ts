import { Problem } from '../problem.ts';
import type { ApiKeys } from './api-keys.ts';
import { ANYBODY, type Caller } from './caller.ts';

/** Tells who asks by the field `Authorization` of the request. @throws {Problem} when nobody who is known */
export type Identify = (authorization: string | undefined) => Caller;

export const identifyAnybody: Identify = () => ANYBODY;

/** By a key as a bearer token: RFC 6750, section 2.1. */
export function identifyBy(keys: ApiKeys): Identify {
  return (authorization) => {
    const [, key] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
    const caller = key === undefined ? null : keys.callerOf(key);
    if (caller) return caller;
    const given = authorization === undefined ? 'There is no API key' : 'The API key is not known here';
    throw new Problem('no_key', `${given}: send it as "Authorization: Bearer" and the key.`, {
      headers: {
        'www-authenticate': authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"',
      },
    });
  };
}
