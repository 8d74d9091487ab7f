import { StandingAnswer } from '../../server/contract/answers.ts';
import { PART_BYTES } from '../../server/resumable/part-writer.ts';
import { eventually } from './eventually.ts';
import type { RunningService } from './service.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { type UploadedByTus, uploadByTus } from './tus-upload.ts';

/** Of the requests themselves, beside what they bring. */
const FIELDS_BYTES = 16 * 1024;

export interface StoppedUpload extends UploadedByTus {
  /** What the service said that it has, each time that it was asked, or had got more. */
  offsets: number[];
}

/**
 * Sends a picture whose way is stopped at each of these bytes of it, when the service has kept what has come, but for a part.
 * @param stopped does what is to be done then; when it resolves, the client finds its connections cut
 * @param chunkSize of each request, in bytes
 */
export async function uploadStoppedAt(
  places: readonly number[],
  picture: Buffer,
  service: () => RunningService,
  stopped: (offsets: readonly number[]) => Promise<void>,
  chunkSize: number,
): Promise<StoppedUpload> {
  const { url } = service();
  await using proxy = await TcpProxy.before(url);
  const failed = Promise.withResolvers<never>();
  const offsets: number[] = [];
  const left = [...places];
  let address = '';
  const stop = async (place: number) => {
    const { pathname } = new URL(address);
    await eventually(`${place} bytes are kept, but for a part`, async () => {
      const answer = await service().fetch(pathname);
      return StandingAnswer.parse(await answer.json()).offset >= place - PART_BYTES - FIELDS_BYTES;
    });
    await stopped(offsets);
    proxy.heal();
    proxy.cut();
  };
  const goOnTo = (offset: number) => {
    const [place] = left;
    if (place === undefined || place <= offset) return;
    proxy.stopAfter(place - offset, () => {
      left.shift();
      stop(place).catch(failed.reject);
    });
  };
  const sending = uploadByTus(proxy.address(url), picture, {
    chunkSize,
    client: (upload) => {
      upload.options.onUploadUrlAvailable = () => {
        // It says so again when it goes on.
        if (address === '') goOnTo(0);
        address = upload.url ?? '';
      };
    },
    onOffset: (offset) => {
      offsets.push(offset);
      goOnTo(offset);
    },
  });
  const uploaded = await Promise.race([sending, failed.promise]);
  if (left.length > 0) throw new Error(`it was not stopped at ${left}`);
  return { ...uploaded, offsets };
}
