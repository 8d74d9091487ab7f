import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import { REGISTRY } from '../../shared/telemetry/metrics.ts';
import type { Lapse } from '../contract/ops-answer.ts';

const LAPSE_MS = 10_000;
/** Five minutes of them. */
const MOST_LAPSES = 30;

type Totals = Omit<Lapse, 'at' | 'seconds' | 'waitMs' | 'runMs'> & {
  waitSeconds: number;
  ended: number;
  runSeconds: number;
};

interface Reading {
  at: number;
  totals: Totals;
}

/** The last minutes of this process, from what its metrics have counted: so many readings are kept, and no event. */
export class Lapses {
  readonly #readings: Reading[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    void this.#read();
    this.#timer = setInterval(() => void this.#read(), LAPSE_MS);
  }

  /** From the eldest; the last one goes on. */
  async recent(): Promise<Lapse[]> {
    const all = [...this.#readings, { at: Date.now(), totals: await totals() }];
    return all.slice(1).map((reading, index) => lapseOf(all[index] ?? reading, reading));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    this.#readings.push({ at: Date.now(), totals: await totals() });
    if (this.#readings.length > MOST_LAPSES) this.#readings.shift();
  }
}

function lapseOf(from: Reading, to: Reading): Lapse {
  const grown = (name: keyof Totals) => Math.max(0, to.totals[name] - from.totals[name]);
  return {
    at: new Date(from.at).toISOString(),
    seconds: Math.max(0, to.at - from.at) / 1000,
    accepted: grown('accepted'),
    refused: grown('refused'),
    succeeded: grown('succeeded'),
    failed: grown('failed'),
    waits: grown('waits'),
    waitMs: meanMs(grown('waitSeconds'), grown('waits')),
    runMs: meanMs(grown('runSeconds'), grown('ended')),
  };
}

const meanMs = (seconds: number, count: number): number =>
  count === 0 ? 0 : Math.round((seconds / count) * 10_000) / 10;

async function totals(): Promise<Totals> {
  const [uploads, runs, spans] = await Promise.all(
    ['darkroom_uploads_total', 'darkroom_runs_total', 'darkroom_span_seconds'].map(valuesOf),
  );
  const span = (name: string, part: 'sum' | 'count') =>
    sumOf(spans, ({ metricName, labels }) => metricName.endsWith(`_${part}`) && labels.span === name);
  return {
    accepted: sumOf(uploads, ({ labels }) => labels.outcome === 'accepted'),
    refused: sumOf(uploads, ({ labels }) => !['accepted', 'repeated'].includes(String(labels.outcome))),
    succeeded: sumOf(runs, ({ labels }) => labels.outcome === 'succeeded'),
    failed: sumOf(runs, ({ labels }) => labels.outcome !== 'succeeded'),
    waits: span('reserve', 'count'),
    waitSeconds: span('reserve', 'sum'),
    ended: span('work', 'count'),
    runSeconds: span('work', 'sum'),
  };
}

interface Value extends MetricValue<string> {
  metricName: string;
}

async function valuesOf(name: string): Promise<Value[]> {
  const metric = (await REGISTRY.getSingleMetric(name)?.get()) as
    | MetricObjectWithValues<MetricValue<string>>
    | undefined;
  return (metric?.values ?? []).map((value) => ({ ...value, metricName: nameOf(value, name) }));
}

/** Each part of a histogram has its own name; a counter has but one. */
const nameOf = (value: MetricValue<string>, name: string): string =>
  'metricName' in value ? String(value.metricName) : name;

const sumOf = (values: readonly Value[] = [], counts: (value: Value) => boolean): number =>
  values.filter(counts).reduce((sum, { value }) => sum + value, 0);
