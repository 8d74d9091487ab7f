import { Problem } from '../problem.ts';
import type { ApiKeys } from './api-keys.ts';
import { ANYBODY, type Caller } from './caller.ts';

/** Tells who asks by the field `Authorization` of the request; null: nobody who is known. */
export type Identify = (authorization: string | undefined) => Caller | null;

export const identifyAnybody: Identify = () => ANYBODY;

/** By a key as a bearer token: RFC 6750, section 2.1. */
export function identifyBy(keys: ApiKeys): Identify {
  return (authorization) => {
    const [, key] = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
    return key === undefined ? null : keys.callerOf(key);
  };
}

export function notIdentified(authorization: string | undefined): Problem {
  const given = authorization === undefined ? 'There is no API key' : 'The API key is not known here';
  return new Problem('no_key', `${given}: send it as "Authorization: Bearer" and the key.`, {
    headers: {
      'www-authenticate': authorization === undefined ? 'Bearer' : 'Bearer error="invalid_token"',
    },
  });
}
