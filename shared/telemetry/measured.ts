import { StoreError } from '../errors.ts';
import { storeFailuresTotal, storeSeconds } from './metrics.ts';
import { spanHere, withinSpan } from './tracing.ts';

/** The records in the database; the files on the disk, or in the bucket. */
export type StoreName = 'records' | 'files';

/** The same store, whose calls are measured, and are spans of what they are a part of; what fails is counted by its code. */
export function measured<T extends object>(store: T, name: StoreName): T {
  const calls = new Map<unknown, unknown>();
  return new Proxy(store, {
    get(target, key) {
      const known = calls.get(key);
      if (known) return known;
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      const call = callOf(name, String(key), (args: unknown[]) => Reflect.apply(member, target, args));
      calls.set(key, call);
      return call;
    },
  });
}

/** These come page by page, and take as long as their readers like. */
const LISTINGS = new Set(['originals', 'published', 'uploads']);

function callOf(store: StoreName, call: string, ask: (args: unknown[]) => unknown): unknown {
  const span = { name: `${store}.${call}` };
  return (...args: unknown[]) => {
    const begin = performance.now();
    const isPart = spanHere() !== null && !LISTINGS.has(call);
    const answer = isPart ? withinSpan(span, async () => ask(args)) : ask(args);
    if (!(answer instanceof Promise)) return answer;
    return answer.then(
      (value) => {
        storeSeconds.observe({ store, call }, (performance.now() - begin) / 1000);
        return value;
      },
      (error: unknown) => {
        storeSeconds.observe({ store, call }, (performance.now() - begin) / 1000);
        storeFailuresTotal.inc({ store, failure: error instanceof StoreError ? error.code : 'other' });
        throw error;
      },
    );
  };
}
