import { describe, expect, test } from 'vitest';
import { chart } from './chart.ts';
import type { Figures, SideFigures } from './measure.ts';

const side = (name: string, picturesPerSecond: number): SideFigures => ({
  name,
  picturesPerSecond,
  cpuSeconds: 0.1,
  generatorCpuSeconds: 0.001,
  rssMiB: 100,
  peakMiB: 120,
  aloneMs: 50,
  ofLimit: { throughput: picturesPerSecond / 20, cpu: 1 },
});

const figures = (...sides: SideFigures[]): Figures => ({
  scenario: { name: 'six', title: 'six <outputs> & more', targets: [] },
  sides,
});

const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect class="(?:ours|other)"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe('the chart', () => {
  test('has bars as long as the throughput is high, and ours in its own colour', () => {
    const svg = chart([figures(side('limit', 20), side('Darkroom', 10))]);
    const [limit = 0, ours = 0] = widths(svg);
    expect(ours / limit).toBeCloseTo(0.5, 2);
    expect(svg.match(/class="ours"/g)).toHaveLength(1);
  });

  test('says in words what it shows, for those who do not see it', () => {
    const svg = chart([figures(side('limit', 20), side('Darkroom', 10))]);
    expect(svg).toMatch(/role="img" aria-labelledby="title description"/);
    expect(svg).toMatch(/<desc id="description">[^<]*limit 20\.0, Darkroom 10\.0<\/desc>/);
  });

  test('lets no text become markup', () => {
    const svg = chart([figures(side('a "b"', 1))]);
    expect(svg).toContain('six &lt;outputs&gt; &amp; more');
    expect(svg).not.toContain('<outputs>');
  });

  test('draws a side that did nothing as a bar that can be seen', () => {
    expect(widths(chart([figures(side('limit', 20), side('dead', 0))]))[1]).toBeGreaterThan(0);
  });
});
