import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { FORM_PAGE, photoPage, problemPage, waitingPage } from './pages.ts';
import type { Image } from './picture.ts';

/** The largest photo that this site takes; Darkroom holds a ticket to it. */
const MAX_BYTES = 10_000_000;
const TICKET_SECONDS = 600;

/** How long a form without a script waits for its photo before it is told to come again. */
const PATIENCE_SECONDS = 10;

const ID = /^[0-9a-f-]{36}$/;

export interface Settings {
  /** Where this site reaches Darkroom, such as http://darkroom.internal:3000. */
  darkroom: string;
  /** Where browsers do, such as https://photos.example; its CORS_ORIGINS has this site. */
  photos: string;
  /** An API key with the scopes `upload` and `read`; empty where Darkroom asks for none. It stays here: no browser ever gets it. */
  key: string;
}

type Headers = Record<string, string>;

/** A site of yours with a form for photos, as small as it gets. Put your own sign-in before `/tickets` and `/photos`. */
export function site({ darkroom, photos, key }: Settings): Server {
  const authorization: Headers = key === '' ? {} : { authorization: `Bearer ${key}` };
  const ask = (path: string, init: RequestInit & { duplex?: 'half' } = {}) =>
    fetch(new URL(path, darkroom), {
      ...init,
      headers: { ...(init.headers as Headers), ...authorization },
    });

  /** For the script: an address that takes one photo, straight from the browser to Darkroom. */
  async function giveTicket(answer: ServerResponse): Promise<void> {
    const body = JSON.stringify({ expiresIn: TICKET_SECONDS, maxBytes: MAX_BYTES });
    const given = await ask('/tickets', { method: 'POST', body });
    if (!given.ok) return send(answer, 503, 'application/json', '{}');
    const { url } = (await given.json()) as { url: string };
    send(answer, 201, 'application/json', JSON.stringify({ url: new URL(url, photos).href }));
  }

  /** Without a script: the form comes here, and goes on to Darkroom as it comes, without a copy. */
  async function passOn(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const headers: Headers = {
      'content-type': String(request.headers['content-type']),
      prefer: `wait=${PATIENCE_SECONDS}`,
    };
    const body = Readable.toWeb(request) as ReadableStream<Uint8Array>;
    const accepted = await ask('/upload', { method: 'POST', headers, body, duplex: 'half' });
    const said = (await accepted.json()) as { id: string; detail: string };
    if (!accepted.ok) return send(answer, accepted.status, 'text/html', problemPage(said.detail));
    answer.writeHead(303, { location: `/photos/${said.id}` }).end();
  }

  async function showPhoto(id: string, answer: ServerResponse): Promise<void> {
    const found = await ask(`/images/${id}`);
    const said = (await found.json()) as Image & { detail: string };
    if (!found.ok) return send(answer, found.status, 'text/html', problemPage(said.detail));
    if (said.failure) return send(answer, 422, 'text/html', problemPage('This photo cannot be read.'));
    send(answer, 200, 'text/html', said.variants.length > 0 ? photoPage(said, photos) : waitingPage());
  }

  async function answerTo(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const [, folder, id = ''] = pathname.split('/');
    switch (`${request.method} /${folder}`) {
      case 'GET /':
        return send(answer, 200, 'text/html', FORM_PAGE);
      case 'GET /upload.js':
        return send(answer, 200, 'text/javascript', await readFile(new URL('./upload.js', import.meta.url)));
      case 'POST /tickets':
        return giveTicket(answer);
      case 'POST /photos':
        return passOn(request, answer);
      case 'GET /photos':
        if (ID.test(id)) return showPhoto(id, answer);
    }
    send(answer, 404, 'text/html', problemPage('There is nothing here.'));
  }

  return createServer((request, answer) => {
    answerTo(request, answer).catch(() => {
      // Darkroom is out of reach, or the browser has gone.
      if (!answer.headersSent) send(answer, 503, 'text/html', problemPage('Please try again in a minute.'));
      else answer.destroy();
    });
  });
}

function send(answer: ServerResponse, status: number, type: string, body: string | Buffer): void {
  answer.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body);
}

if (import.meta.main) {
  const {
    DARKROOM_URL = 'http://localhost:3000',
    PHOTOS_URL = DARKROOM_URL,
    DARKROOM_KEY = '',
    PORT = '8000',
  } = process.env;
  site({ darkroom: DARKROOM_URL, photos: PHOTOS_URL, key: DARKROOM_KEY }).listen(Number(PORT));
}
