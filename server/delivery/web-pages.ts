import { newRunId } from '../../shared/domain/ids.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import { Problem } from '../problem.ts';
import type { PageName, WebFiles } from './web-files.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

/** Pages run and load what this service serves, send to it alone, and are in no frame (CSP Level 3). */
const policyOf = (pictures: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' blob: data:${pictures}`,
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

export interface WebSettings {
  maxUploadBytes: number;
  /** Where the bucket sends variants, the way of clients to it. */
  bucket: DirectAccess | null;
}

/** The pages of the service and their files, read when the first of them is asked for. */
export class WebPages {
  readonly #settings: WebSettings;
  #read: Promise<WebFiles> | null = null;
  #origin: string | null = null;

  constructor(settings: WebSettings) {
    this.#settings = settings;
  }

  async page(name: PageName): Promise<Response> {
    const { html } = await this.#files();
    return new Response(html[name], {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy': policyOf(await this.#pictures()),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      },
    });
  }

  /**
   * While nodes are replaced, a page of one version may ask another: it gets what is here, and keeps it not.
   * @throws {Problem} `not_found`
   */
  async file(version: string, path: string): Promise<Response> {
    const { files, version: own } = await this.#files();
    const file = files.get(path);
    if (!file) throw new Problem('not_found', 'No page has such a file.');
    return new Response(file.text, {
      headers: {
        'content-type': file.type,
        'cache-control': version === own ? FOR_EVER : 'no-cache',
        'cross-origin-resource-policy': 'same-origin',
      },
    });
  }

  #files(): Promise<WebFiles> {
    this.#read ??= import('./web-files.ts').then(({ readWebFiles }) =>
      readWebFiles(this.#settings.maxUploadBytes),
    );
    return this.#read;
  }

  /** The origin of the bucket, with a space before it: that of any address that is signed for it. Nobody is asked for it. */
  async #pictures(): Promise<string> {
    const { bucket } = this.#settings;
    if (!bucket) return '';
    const answer = { seconds: 60, contentType: 'image/jpeg', cacheControl: 'no-store' };
    this.#origin ??= await bucket.readUrl(newRunId(), 'thumb.jpg', answer).then(
      (url) => new URL(url).origin,
      // Without keys at this moment: then pictures are not shown, and all else is.
      () => null,
    );
    return this.#origin === null ? '' : ` ${this.#origin}`;
  }
}
