import { z } from 'zod';

/**
 * What a caller may do. `upload`: give pictures to its tenant, and take them away; `read`: see what is said of them; `originals`: have
 * the uploaded files themselves, which tell where and with what they were taken; `admin`: what is the operator's.
 */
export const SCOPES = ['upload', 'read', 'originals', 'admin'] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

/** What a key is called in the log: no secret, and no part of one. */
export const KeyId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,31}$/,
    'a name of at most 32 small letters, digits, - and _, which does not begin with - or _',
  )
  .brand<'KeyId'>();
export type KeyId = z.infer<typeof KeyId>;
