import { expect } from 'vitest';

/** Each sample by its name and labels, as they are written, with the type of its metric. */
export type Scrape = Map<string, { value: number; type: string }>;

/** Reads what /metrics answers. */
export async function scrapeOf(answer: Response): Promise<Scrape> {
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples: Scrape = new Map();
  let type = '';
  for (const line of (await answer.text()).split('\n')) {
    if (line.startsWith('# TYPE ')) type = line.slice(line.lastIndexOf(' ') + 1);
    if (line === '' || line.startsWith('#')) continue;
    const end = line.lastIndexOf(' ');
    samples.set(line.slice(0, end), { value: Number(line.slice(end)), type });
  }
  return samples;
}

export const scrape = async (service: { fetch(path: string): Promise<Response> }): Promise<Scrape> =>
  scrapeOf(await service.fetch('/metrics'));
