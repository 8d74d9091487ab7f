import { Environment } from '../../shared/environment.ts';

/** Names, or values of names, that the service is about to have. */
export const SOON = ['DATABASE_POOL', 'DATABASE_URL', 'READ_MODE', 'ROLE', 'STORAGE_URL'];

/** Read by the SDK, which the storage asks for its credentials. */
export const isOfAws = (name: string): boolean =>
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].includes(name);

/** Whether anything in the process reads a variable of this name. */
export const isKnown = (name: string): boolean =>
  name in Environment.shape || isOfAws(name) || SOON.includes(name);
