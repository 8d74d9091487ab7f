import { element } from './dom.ts';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;
const HEIGHT = 88;

/** A line of figures over time, which is a text for who does not see it. */
export class Chart {
  readonly root: HTMLElement;
  readonly #title: string;
  readonly #text: (value: number) => string;
  readonly #least: number;
  readonly #svg = shape('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
  });
  readonly #area = shape('path', { class: 'area' });
  readonly #line = shape('path', { class: 'line' });
  readonly #now = element('output');

  /**
   * @param text a value in words, with its unit
   * @param least what the whole height stands for at the least: less than that is next to nothing
   */
  constructor(title: string, text: (value: number) => string, least: number) {
    this.#title = title;
    this.#text = text;
    this.#least = least;
    const base = shape('path', { class: 'base', d: `M0 ${HEIGHT - 0.5}H${WIDTH}` });
    this.#svg.append(base, this.#area, this.#line);
    this.root = element('figure', { class: 'chart' }, element('figcaption', {}, title, this.#now), this.#svg);
  }

  /** @param values from the eldest, none below 0 */
  show(values: readonly number[]): void {
    const last = values.at(-1) ?? 0;
    const most = Math.max(...values, 0);
    this.#now.textContent = `${this.#text(last)}, peak ${this.#text(most)}`;
    this.#svg.setAttribute(
      'aria-label',
      `${this.#title}: now ${this.#now.textContent}, in the last five minutes`,
    );
    const line = pathOf(values, Math.max(most, this.#least));
    this.#line.setAttribute('d', line);
    this.#area.setAttribute('d', line === '' ? '' : `${line}V${HEIGHT}H0Z`);
  }
}

/** The newest value is at the right. @param most of the whole height, above 0 */
export function pathOf(values: readonly number[], most: number): string {
  if (values.length < 2) return '';
  const step = WIDTH / (values.length - 1);
  const points = values.map((value, index) => {
    const height = (value / most) * (HEIGHT - 6);
    return `${(index * step).toFixed(1)} ${(HEIGHT - 1 - height).toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}

function shape<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Record<string, string>,
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}
