import type { Lapse, OpsState } from './answers.ts';
import { Chart } from './chart.ts';
import { byId, element } from './dom.ts';
import { bytesText, timeText } from './words.ts';

/** What waits is told as it is now: so many readings are five minutes of it. */
const MOST_READINGS = 150;

/** Shorter ones say more of their end than of the service. */
const SHORTEST_LAPSE_S = 1;

/** Whether the service is ready, the figures of now, and the last five minutes. */
export class OpsOverview {
  readonly #banner = byId('banner', HTMLElement);
  readonly #state = byId('state', HTMLElement);
  readonly #figures = byId('figures', HTMLElement);
  readonly #waiting: number[] = [];
  readonly #charts: [chart: Chart, value: (lapse: Lapse) => number][] = [
    [new Chart('Photos made', perMinute, 1), ({ succeeded, seconds }) => (succeeded / seconds) * 60],
    [new Chart('Refused', perMinute, 1), ({ refused, seconds }) => (refused / seconds) * 60],
    [new Chart('Wait for a worker', timeText, 10), ({ waitMs }) => waitMs],
    [new Chart('Time of a run', timeText, 10), ({ runMs }) => runMs],
  ];
  readonly #waits = new Chart('Jobs that wait', String, 1);

  constructor() {
    const charts = [...this.#charts.map(([chart]) => chart), this.#waits];
    byId('charts', HTMLElement).append(...charts.map(({ root }) => root));
  }

  show(state: OpsState): void {
    this.#state.hidden = false;
    this.#showBanner(state);
    this.#figures.replaceChildren(...figuresOf(state).map(figure));
    const since = timeText(Date.parse(state.at) - Date.parse(state.startedAt));
    byId('node', HTMLElement).textContent = `${state.node ?? 'One process'}, role ${state.role}, up ${since}`;
    const lapses = state.lapses.filter(({ seconds }) => seconds >= SHORTEST_LAPSE_S);
    for (const [chart, value] of this.#charts) chart.show(lapses.map(value));
    if (!state.waiting) return;
    this.#waiting.push(state.waiting.upload.jobs + state.waiting.batch.jobs);
    if (this.#waiting.length > MOST_READINGS) this.#waiting.shift();
    this.#waits.show(this.#waiting);
  }

  /** The state is not known. */
  lost(why: string): void {
    this.#say('unready', why);
  }

  #showBanner({ ready, reason, workers }: OpsState): void {
    if (workers?.isBreakerOpen)
      this.#say('unready', 'Workers die at their start, and no more are started: see the log.');
    else if (!ready) this.#say('unready', `Not ready: ${reason ?? 'no reason is known'}.`);
    else this.#say('ready', 'Ready: uploads are taken.');
  }

  /** What stays as it is, is not told again. */
  #say(state: 'ready' | 'unready', text: string): void {
    this.#banner.dataset.state = state;
    if (this.#banner.textContent !== text) this.#banner.textContent = text;
  }
}

const perMinute = (value: number): string => `${Math.round(value)} a minute`;

function figuresOf({ workers, waiting, rssBytes }: OpsState): [name: string, value: string][] {
  const figures: [string, string][] = [];
  if (workers) {
    const all = workers.processes.reduce((sum, { rssBytes: bytes }) => sum + bytes, 0);
    figures.push(
      ['workers ready', `${Math.min(workers.ready, workers.atOnce)} of ${workers.atOnce}`],
      ['at a run', String(workers.running)],
      ['memory of workers', bytesText(all)],
    );
  }
  figures.push(['memory of the service', bytesText(rssBytes)]);
  for (const [name, lane] of [
    ['uploads', waiting?.upload],
    ['batch jobs', waiting?.batch],
  ] as const) {
    const oldest = lane && lane.jobs > 0 ? `, for ${timeText(lane.oldestSeconds * 1000)}` : '';
    figures.push([`${name} that wait${oldest}`, lane ? String(lane.jobs) : 'not known']);
  }
  return figures;
}

const figure = ([name, value]: [string, string]): HTMLElement =>
  element('div', {}, element('dt', {}, name), element('dd', {}, value));
