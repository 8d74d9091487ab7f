import { Server } from '@tus/server';
import { CHECKSUMS } from './checksum.ts';
import { type AskedUpload, RequestStore } from './request-store.ts';
import type { ResumableUploads } from './resumable-uploads.ts';
import { refusalAnswered, refusalOf } from './tus-refusals.ts';

/** Where uploads are; each is at its id below. */
export const FILES = '/files';

/** As the library takes a request: it reads its fields, and never its body, which our own reader has more patience with, and less. */
interface TusRequest {
  method: string;
  url: string;
  headers: Headers;
}

/** Who goes on with an upload is for its record to say, which all nodes share: here nobody waits for anybody. */
const NO_LOCK = { newLock: () => ({ lock: async () => {}, unlock: async () => {} }) };

export interface TusAnswer {
  answer: Response;
  store: RequestStore;
}

/**
 * Answers by tus 1.0: the library reads and checks the fields of the protocol, and calls the store.
 * @param most bytes that the upload may have
 * @param query of the address that a new upload is answered with
 * @throws {Problem | StoreError} for what is refused
 */
export async function answerByTus(
  request: TusRequest,
  asked: AskedUpload,
  uploads: ResumableUploads,
  { most, query }: { most: number; query: string },
): Promise<TusAnswer> {
  const store = new RequestStore(uploads, asked);
  let thrown: unknown = null;
  const server = new Server({
    path: FILES,
    datastore: store,
    locker: NO_LOCK,
    maxSize: most,
    namingFunction: () => asked.id,
    getFileIdFromRequest: () => asked.id,
    generateUrl: () => `${FILES}/${asked.id}${query}`,
    onResponseError: (_, error) => {
      thrown = error;
      return undefined;
    },
  });
  // It is none of the platform's: of that the library would take the body.
  const answer = await server.handleWeb({ ...request, body: null } as unknown as Request);
  if (thrown !== null) throw refusalOf(thrown, most);
  if (answer.status >= 400) throw refusalAnswered(answer.status, await answer.text());
  return { answer: stripped(answer), store };
}

/** What is spoken here, for who asks by OPTIONS. */
export const capabilities = (most: number): Record<string, string> => ({
  'tus-resumable': '1.0.0',
  'tus-version': '1.0.0',
  'tus-extension': 'creation,creation-with-upload,expiration,termination,checksum',
  'tus-checksum-algorithm': CHECKSUMS.join(','),
  'tus-max-size': String(most),
});

/** Whose scripts may ask is said elsewhere, and no answer of tus has a body. */
function stripped({ status, headers }: Response): Response {
  const others = [...headers].filter(([name]) => !/^(access-control|content)-/.test(name));
  return new Response(null, { status, headers: others });
}
