/** One variant as every side makes it; quality and effort as libvips counts them. */
export interface Target {
  name: string;
  width: number;
  height: number;
  fit: 'inside' | 'cover';
  format: 'jpeg' | 'webp';
  quality: number;
  effort: number;
}

/** What is made of each picture. */
export interface Scenario {
  name: string;
  title: string;
  targets: Target[];
}

const QUALITY = 80;

/** From the largest to the smallest. */
const SIZES = [
  { name: 'large', width: 1600, height: 1600, fit: 'inside' },
  { name: 'medium', width: 800, height: 800, fit: 'inside' },
  { name: 'thumb', width: 320, height: 320, fit: 'cover' },
] as const;

const six = (effort: number): Scenario => ({
  name: `six-effort-${effort}`,
  title: `six outputs, WebP effort ${effort}`,
  targets: SIZES.flatMap((size) => [
    { ...size, format: 'jpeg' as const, quality: QUALITY, effort: 0 },
    { ...size, format: 'webp' as const, quality: QUALITY, effort },
  ]),
});

export const SCENARIOS: readonly Scenario[] = [
  six(2),
  six(4),
  {
    name: 'one',
    title: 'one JPEG of 512 px',
    targets: [
      { name: 'small', width: 512, height: 512, fit: 'inside', format: 'jpeg', quality: QUALITY, effort: 0 },
    ],
  },
];

/** The scenarios as presets of the service. */
export function presetsOf(scenarios: readonly Scenario[]): Record<string, object> {
  return Object.fromEntries(
    scenarios.map(({ name, targets }) => {
      const sizes = new Map(
        targets.map(({ name, width, height, fit }) => [name, { name, width, height, fit }]),
      );
      const outputs = new Map(
        targets.map(({ format, quality, effort }) => [format, { format, quality, effort }]),
      );
      return [name, { sizes: [...sizes.values()], outputs: [...outputs.values()] }];
    }),
  );
}
