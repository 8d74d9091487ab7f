import type { JobAnswer, JobPage } from './answers.ts';
import { ask } from './ask.ts';
import { byId, element, table } from './dom.ts';
import { LiveRows } from './live-rows.ts';
import { stateWord } from './ops-workers.ts';
import { bytesText, timeText } from './words.ts';

const HEADS = ['Job', 'Status', 'Failure', 'Preset', 'Accepted', 'Runs', 'Again'];
const A_PAGE = 20;
const NONE = 'There are none.';

type Job = JobPage['jobs'][number];

/** Jobs of all tenants from the newest, by their status, with their runs. */
export class OpsJobs {
  readonly #table = table('Table of jobs', HEADS, []);
  readonly #status = byId('status', HTMLSelectElement);
  readonly #rows = new LiveRows(this.#table, HEADS, byId('jobs-title', HTMLElement));
  readonly #newest = byId('newest', HTMLButtonElement);
  readonly #older = byId('older', HTMLButtonElement);
  readonly #note = byId('jobs-note', HTMLElement);
  #cursor: string | null = null;
  #next: string | null = null;
  /** How often it has been asked: what comes after a later question is not shown. */
  #asked = 0;
  #answered = 0;

  constructor() {
    byId('jobs', HTMLElement).append(this.#table);
    const anew = () => this.#goTo(null);
    this.#status.addEventListener('change', anew);
    this.#newest.addEventListener('click', anew);
    this.#older.addEventListener('click', () => this.#goTo(this.#next));
  }

  async refresh(): Promise<void> {
    if (this.#asked === this.#answered) await this.#show();
  }

  #goTo(cursor: string | null): void {
    this.#cursor = cursor;
    void this.#show().catch((error: Error) => this.#say(error.message));
  }

  async #show(): Promise<void> {
    const mine = ++this.#asked;
    try {
      const query = new URLSearchParams({ limit: String(A_PAGE) });
      if (this.#status.value !== '') query.set('status', this.#status.value);
      if (this.#cursor !== null) query.set('cursor', this.#cursor);
      const page = await ask<JobPage>(`/jobs?${query}`);
      if (mine === this.#asked) this.#render(page);
    } finally {
      this.#answered = Math.max(this.#answered, mine);
    }
  }

  #render({ jobs, next }: JobPage): void {
    this.#next = next;
    // A button that is disabled loses the focus.
    if (next === null && document.activeElement === this.#older) this.#newest.focus();
    this.#older.disabled = next === null;
    this.#rows.show(
      jobs.map((job) => ({ key: job.id, says: JSON.stringify(job), cells: () => this.#cellsOf(job) })),
    );
    if (jobs.length === 0) this.#say(NONE);
    else if (this.#note.textContent === NONE) this.#say('');
  }

  #cellsOf(job: Job): (Node | string)[] {
    const name = job.id.slice(0, 8);
    const open = this.#rows.cellBelow(job.id);
    const runs = element(
      'button',
      { class: 'quiet', type: 'button', 'aria-expanded': String(open !== null) },
      'Runs',
    );
    if (open) void showRuns(open, job);
    runs.setAttribute('aria-label', `Runs of ${name}`);
    runs.addEventListener('click', () => this.#toggleRuns(runs, job));
    const mayRetry = job.status === 'failed' || job.status === 'quarantined';
    const again = element(
      'button',
      { class: 'quiet', type: 'button', 'aria-label': `Retry ${name}` },
      'Retry',
    );
    again.addEventListener('click', () => void this.#retry(job));
    const accepted = element('time', { datetime: job.createdAt }, new Date(job.createdAt).toLocaleString());
    return [
      element('code', { title: job.id }, name),
      stateWord(job.status),
      job.failure ?? '',
      job.preset + (job.isBatch ? ', batch' : ''),
      accepted,
      runs,
      mayRetry ? again : '',
    ];
  }

  #toggleRuns(button: HTMLButtonElement, job: Job): void {
    const isOpen = this.#rows.cellBelow(job.id) !== null;
    button.setAttribute('aria-expanded', String(!isOpen));
    if (isOpen) return this.#rows.close(job.id);
    const cell = this.#rows.open(job.id);
    cell.textContent = 'Asking …';
    void showRuns(cell, job);
  }

  async #retry(job: Job): Promise<void> {
    try {
      await ask(`${job.links.self}/retry`, { method: 'POST' });
      await this.#show();
      this.#say(`Job ${job.id.slice(0, 8)} runs again.`);
    } catch (error) {
      this.#say((error as Error).message);
    }
  }

  #say(text: string): void {
    this.#note.textContent = text;
  }
}

async function showRuns(cell: HTMLTableCellElement, job: Job): Promise<void> {
  try {
    const { runs, sharesRun } = await ask<JobAnswer>(job.links.self);
    const none = sharesRun ? 'It shares the run of another image with the same bytes.' : 'It has had none.';
    const list = element('ol', {}, ...runs.map((run) => element('li', {}, runText(run))));
    cell.replaceChildren(runs.length === 0 ? none : list);
  } catch (error) {
    cell.textContent = `${(error as Error).message} Runs are shown to keys of the tenant with the scope "read".`;
  }
}

function runText({
  outcome,
  failure,
  milliseconds,
  workerPid,
  node,
  signal,
  exitCode,
  peakRssBytes,
}: JobAnswer['runs'][number]): string {
  const parts = [
    [outcome ?? 'still running', failure].filter(Boolean).join(': '),
    `worker ${workerPid}${node === undefined ? '' : ` of ${node}`}`,
    milliseconds === null ? null : timeText(milliseconds),
    peakRssBytes === null ? null : `${bytesText(peakRssBytes)} at the most`,
    signal,
    exitCode === null ? null : `exit code ${exitCode}`,
  ];
  return parts.filter((part) => part !== null && part !== '').join(', ');
}
