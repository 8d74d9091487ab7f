import type { JobStore } from './job-store.ts';

/** After these a job may have another state. */
const CHANGING = new Set<PropertyKey>([
  'acceptUpload',
  'startRun',
  'finishRun',
  'deleteImage',
  'eraseImages',
  'retryJob',
  'queueReprocess',
] satisfies (keyof JobStore)[]);

/** The same store. @param changed is told whenever a call may have changed the state of a job, and it is committed */
export function announced(store: JobStore, changed: () => void): JobStore {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (!CHANGING.has(key) || typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const answer: unknown = await Reflect.apply(member, target, args);
        changed();
        return answer;
      };
    },
  });
}
