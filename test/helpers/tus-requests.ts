import { expect } from 'vitest';
import type { RunningService } from './service.ts';

type Fields = Record<string, string>;

/** The requests of tus 1.0, one by one, as no client would bring all of them. */
export class TusRequests {
  readonly #service: RunningService;
  readonly #own: Fields;

  /** @param own fields that every request has, such as a key */
  constructor(service: RunningService, own: Fields = {}) {
    this.#service = service;
    this.#own = own;
  }

  open(bytes: number, fields: Fields = {}, query = ''): Promise<Response> {
    return this.#send(`/files${query}`, 'POST', { 'upload-length': String(bytes), ...fields });
  }

  /** @returns its address */
  async opened(bytes: number, fields: Fields = {}, query = ''): Promise<string> {
    const answer = await this.open(bytes, fields, query);
    expect(answer.status).toBe(201);
    return answer.headers.get('location') ?? '';
  }

  add(url: string, offset: number, body: Uint8Array<ArrayBuffer>, fields: Fields = {}): Promise<Response> {
    const type = { 'content-type': 'application/offset+octet-stream' };
    return this.#send(url, 'PATCH', { 'upload-offset': String(offset), ...type, ...fields }, body);
  }

  head(url: string): Promise<Response> {
    return this.#send(url, 'HEAD');
  }

  end(url: string): Promise<Response> {
    return this.#send(url, 'DELETE');
  }

  /** Bytes that are kept of it. */
  async offsetOf(url: string): Promise<number> {
    const answer = await this.head(url);
    expect(answer.status).toBe(200);
    return Number(answer.headers.get('upload-offset'));
  }

  #send(
    path: string,
    method: string,
    fields: Fields = {},
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> {
    const headers = { 'tus-resumable': '1.0.0', ...this.#own, ...fields };
    return this.#service.fetch(path, { method, headers, ...(body && { body }) });
  }
}

/** The value of `Upload-Metadata`. */
export const said = (texts: Fields): Fields => ({
  'upload-metadata': Object.entries(texts)
    .map(([name, text]) => `${name} ${Buffer.from(text).toString('base64')}`)
    .join(','),
});
