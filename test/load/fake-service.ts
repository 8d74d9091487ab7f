import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Reception = 'accept' | 'accept and lose' | 'accept and hang' | 'refuse' | 'reset';

/** Answers like Darkroom, but does with each upload what the test says of its number, counted from 0. */
export async function startFakeService(receive: (number: number) => Reception | Promise<Reception>) {
  const looks = new Map<string, number>();
  const hanging = new Set<string>();
  let uploads = 0;

  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return answerJob(request.url ?? '', response);
    const number = uploads++;
    request.resume();
    await once(request, 'end');
    const reception = await receive(number);
    if (reception === 'reset') return request.socket.resetAndDestroy();
    if (reception === 'refuse') {
      response.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '0' });
      return response.end(JSON.stringify({ status: 503, code: 'no_worker' }));
    }
    const path = `/jobs/${randomUUID()}`;
    if (reception !== 'accept and lose') looks.set(path, 0);
    if (reception === 'accept and hang') hanging.add(path);
    const id = randomUUID();
    return json(response, { id, status: 'queued', links: { self: `/images/${id}`, job: path } });
  });

  function answerJob(path: string, response: ServerResponse): unknown {
    const seen = looks.get(path);
    if (seen === undefined) {
      response.writeHead(404, { 'Content-Type': 'application/problem+json' });
      return response.end(JSON.stringify({ status: 404, code: 'not_found' }));
    }
    looks.set(path, seen + 1);
    return json(response, { status: hanging.has(path) || seen === 0 ? 'running' : 'succeeded' });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get uploads() {
      return uploads;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function json(response: ServerResponse, body: object): unknown {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify(body));
}
