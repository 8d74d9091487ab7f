import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What is only there while a package is packed; git ignores it. */
export const DIST = `${ROOT}dist`;
