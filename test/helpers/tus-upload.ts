import { type HttpResponse, Upload, type UploadOptions } from 'tus-js-client';

/** How an upload by tus-js-client has ended: what it has become, and at which address. */
export interface UploadedByTus {
  /** Null: no answer has said so. */
  image: string | null;
  url: string;
}

export interface TusOptions extends Partial<UploadOptions> {
  /** Is given what sends, to be stopped and started. */
  client?: (upload: Upload) => void;
  /** Is told of each offset that the service answers with. */
  onOffset?: (offset: number) => void;
}

/** Sends bytes as tus-js-client does, until they are there; it goes on by itself where it is cut. */
export function uploadByTus(
  endpoint: string,
  bytes: Buffer,
  { client = () => {}, onOffset = () => {}, ...options }: TusOptions = {},
): Promise<UploadedByTus> {
  const { promise, resolve, reject } = Promise.withResolvers<UploadedByTus>();
  let image: string | null = null;
  const upload = new Upload(bytes, {
    endpoint: new URL('/files', endpoint).href,
    retryDelays: Array(200).fill(50),
    ...options,
    onAfterResponse: (_request: unknown, answer: HttpResponse) => {
      const offset = answer.getHeader('upload-offset');
      if (offset !== undefined) onOffset(Number(offset));
      image = answer.getHeader('darkroom-image')?.replace('/images/', '') ?? image;
    },
    onSuccess: () => resolve({ image, url: upload.url ?? '' }),
    onError: reject,
  });
  client(upload);
  upload.start();
  return promise;
}
