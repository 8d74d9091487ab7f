import type { CallInput, CallName } from '../calls.ts';
import type { AnyCall } from './any-call.ts';

type Moved<N extends CallName> = (input: CallInput<N>, ms: number) => CallInput<N>;

const at = <T extends { at: number }>(input: T, ms: number): T => ({ ...input, at: input.at + ms });

/** Every call that tells when something is. */
const TIMES: { [N in CallName]?: Moved<N> } = {
  acceptUpload: ({ image, ...rest }, ms) => ({
    ...rest,
    image: {
      ...image,
      createdAt: image.createdAt + ms,
      expiresAt: image.expiresAt === null || rest.expiresByClient ? image.expiresAt : image.expiresAt + ms,
    },
  }),
  claimKey: ({ claim, ...rest }, ms) => ({
    ...at(rest, ms),
    claim: { ...claim, until: claim.until + ms },
  }),
  startRun: at,
  finishRun: at,
  retryJob: at,
  deleteImage: at,
  findImage: at,
  listImages: (asked, ms) => ({ ...asked, at: asked.at && asked.at + ms }),
  expiredImages: at,
  queueReprocess: at,
  findUpload: at,
  holdUpload: at,
  uploadsToTidy: at,
  beginUpload: ({ upload, ...rest }, ms) => ({
    ...at(rest, ms),
    upload: { ...upload, createdAt: upload.createdAt + ms, until: upload.until + ms },
  }),
  eraseImages: ({ runsEndBy, ...order }, ms) => ({ ...at(order, ms), runsEndBy: runsEndBy + ms }),
  eraseRest: at,
  listRemovals: at,
  spentOriginals: at,
  releaseOriginals: at,
  borrowWebhooks: at,
  settleWebhook: at,
  releaseWebhooks: at,
  sweepWebhooks: at,
  replayWebhooks: at,
};

/**
 * The call with its times by another clock: records of nodes whose clocks differ are compared with each other.
 * @param ms that the other clock is ahead
 */
export function atTimesOf(call: AnyCall, ms: number): AnyCall {
  // The types tie each name to its input; only their union is left here.
  const moved = TIMES[call.name] as ((input: unknown, ms: number) => unknown) | undefined;
  return moved ? ({ name: call.name, input: moved(call.input, ms) } as AnyCall) : call;
}
