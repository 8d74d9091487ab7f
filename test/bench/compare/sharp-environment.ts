import { availableParallelism } from 'node:os';

/** What libuv has where nobody says otherwise. */
const THREADS_BY_DEFAULT = 4;

/** The environment of each process that has sharp: the arenas of the service's workers, and a thread for each core. */
export const SHARP_ENVIRONMENT = {
  PATH: process.env.PATH,
  MALLOC_ARENA_MAX: '2',
  UV_THREADPOOL_SIZE: String(Math.max(THREADS_BY_DEFAULT, availableParallelism())),
};
