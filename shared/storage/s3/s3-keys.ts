import { defaultProvider } from '@aws-sdk/credential-provider-node';

type Keys = Awaited<ReturnType<ReturnType<typeof defaultProvider>>>;

/** How long keys that do not say when they end are taken for good, in milliseconds. */
const LOOK_AGAIN_MS = 10_000;

/** The SDK asks for others so long before keys end. */
const BEFORE_THEY_END_MS = 300_000;

/**
 * Keys by the SDK's default chain: the environment, a profile, or the role of the machine or pod. Those of a file are read anew
 * now and then: it may be written again, when keys are changed, and the SDK of itself would never look. While there is
 * nothing to be read the ones before are good.
 */
export function keysOfChain(): (about?: Record<string, unknown>) => Promise<Keys> {
  let last: Keys | null = null;
  return async (about) => {
    try {
      const found = await defaultProvider({ ignoreCache: true })(about);
      const expiration = new Date(Date.now() + BEFORE_THEY_END_MS + LOOK_AGAIN_MS);
      last = { expiration, ...found };
    } catch (error) {
      if (last === null) throw error;
    }
    return last;
  };
}
