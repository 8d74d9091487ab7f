import { Environment } from '../../shared/environment.ts';

/** Read by the SDK, which the storage asks for its credentials. */
export const isOfAws = (name: string): boolean =>
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].includes(name);

/** Whether anything in the process reads a variable of this name. */
export const isKnown = (name: string): boolean => name in Environment.shape || isOfAws(name);
