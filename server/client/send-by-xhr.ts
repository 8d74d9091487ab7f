import type { Sending, Sent } from './sending.ts';

/** So much of a browser as is needed here: its fetch tells nothing of an upload on its way. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  readonly status: number;
  readonly responseText: string;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: Blob): void;
  abort(): void;
}

export function sendByXhr({ url, headers, body, signal, onProgress }: Sending): Promise<Sent> {
  const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => Xhr };
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  return new Promise<Sent>((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', abort);
    request.open('POST', url.href);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress(loaded, body.size);
    request.onerror = () => reject(new TypeError('the connection broke off'));
    request.onabort = () => reject(signal.reason);
    request.onload = () =>
      resolve({
        status: request.status,
        retryAfter: request.getResponseHeader('retry-after'),
        body: request.responseText,
      });
    onProgress(0, body.size);
    request.send(body);
  }).finally(() => signal.removeEventListener('abort', abort));
}
