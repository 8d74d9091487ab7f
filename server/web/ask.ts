import { authorization } from './access.ts';

/** The service has said no; `detail` is written for who reads it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const MOST_TRIES = 6;

/**
 * Asks the service with the key of this tab. What is refused for now is asked again, when the service says so.
 * @param mostTries that end in 503, 429 or a broken connection, before it is given up
 * @returns its JSON; null of an answer without a body
 * @throws {Refusal}, and TypeError when it is out of reach
 */
export async function ask<T>(path: string, init: RequestInit = {}, mostTries = MOST_TRIES): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(path, { ...init, headers: { ...authorization(), ...init.headers } }).catch(
      (error: unknown) => {
        if (init.signal?.aborted || tries === mostTries) throw error;
        return null;
      },
    );
    if (answer?.ok) return answer.status === 204 ? (null as T) : await answer.json();
    const isForNow = answer === null || answer.status === 503 || answer.status === 429;
    if (answer !== null && (!isForNow || tries === mostTries)) throw await refusalOf(answer);
    await pause(answer, tries);
  }
}

export async function refusalOf(answer: Response): Promise<Refusal> {
  const problem: { code?: string; detail?: string } = await answer.json().catch(() => ({}));
  return new Refusal(
    answer.status,
    problem.code ?? '',
    problem.detail ?? `The service answered ${answer.status}.`,
  );
}

function pause(answer: Response | null, tries: number): Promise<void> {
  const seconds = Number(answer?.headers.get('retry-after') ?? Number.NaN);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : 500 * 2 ** (tries - 1);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
