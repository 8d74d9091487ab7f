import type { Figures } from './measure.ts';

const WIDTH = 760;
const LABEL_WIDTH = 210;
const BAR_HEIGHT = 20;
const ROW_HEIGHT = 28;
const TITLE_HEIGHT = 40;
/** Around all, in pixels. */
const MARGIN = 12;
const VALUE_WIDTH = 130;

/**
 * Bars of throughput for each scenario, as an SVG. It brings its own ground, light or dark as the reader's system is, since the
 * page around it may be the other.
 */
export function chart(all: readonly Figures[]): string {
  let y = 0;
  const groups = all.map((figures) => {
    const group = groupOf(figures, y);
    y += TITLE_HEIGHT + figures.sides.length * ROW_HEIGHT + 12;
    return group;
  });
  const description = all
    .map(({ scenario, sides }) => `${scenario.title}: ${sides.map(sideText).join(', ')}`)
    .join('. ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} 0 ${WIDTH + 2 * MARGIN} ${y}" role="img" aria-labelledby="title description">
<title id="title">Pictures per second, by what is made of each and by whom</title>
<desc id="description">${escaped(description)}</desc>
<style>
.ground { fill: #ffffff }
text { font: 14px system-ui, sans-serif; fill: #24292f }
.heading { font-weight: 600 }
.other { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) { .ground { fill: #0d1117 } text { fill: #e6edf3 } .ours { fill: #4493f8 } }
</style>
<rect class="ground" x="${-MARGIN}" width="${WIDTH + 2 * MARGIN}" height="${y}" rx="6"/>
${groups.join('\n')}
</svg>
`;
}

const sideText = ({ name, picturesPerSecond }: Figures['sides'][number]): string =>
  `${name} ${picturesPerSecond.toFixed(1)}`;

function groupOf({ scenario, sides }: Figures, top: number): string {
  const most = Math.max(...sides.map((side) => side.picturesPerSecond));
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const rows = sides.map((side, index) => {
    const y = top + TITLE_HEIGHT + index * ROW_HEIGHT;
    const width = Math.max(1, (side.picturesPerSecond / most) * room);
    const kind = side.name === 'Darkroom' ? 'ours' : 'other';
    const value = `${side.picturesPerSecond.toFixed(1)}/s (${side.ofLimit.throughput.toFixed(2)})`;
    const baseline = y + BAR_HEIGHT - 5;
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${baseline}" text-anchor="end">${escaped(side.name)}</text>`,
      `<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="3"/>`,
      `<text x="${(LABEL_WIDTH + width + 8).toFixed(1)}" y="${baseline}">${value}</text>`,
    ].join('\n');
  });
  const heading = escaped(`${scenario.title}: pictures a second (of the limit)`);
  return [`<text class="heading" x="0" y="${top + 24}">${heading}</text>`, ...rows].join('\n');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
