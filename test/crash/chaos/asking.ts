import type { Target } from '../../load/connections.ts';
import type { Ledger } from './ledger.ts';

export interface Answer {
  status: number;
  body: Buffer;
}

const ANSWER_WITHIN_MS = 30_000;

/** Null: the connection was cut, nobody listened, or no whole answer came in time. */
export type Ask = (path: string, method?: 'GET' | 'DELETE') => Promise<Answer | null>;

/** Asks the service as a client does, and notes what no client should see. */
export function asking(target: () => Target, ledger: Ledger): Ask {
  return async (path, method = 'GET') => {
    const answer = await fetch(`http://${target().authority}${path}`, {
      method,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
      .then(async (response) => ({
        status: response.status,
        body: Buffer.from(await response.arrayBuffer()),
      }))
      .catch(() => null);
    if (answer) ledger.notice5xx(answer.status, `${method} ${path}`);
    return answer;
  };
}
