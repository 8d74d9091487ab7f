import { mutateBytes } from '../pictures/bytes.ts';
import type { Random } from '../random.ts';
import { mutateText, oddText } from './texts.ts';

export interface Form {
  contentType: string;
  body: Buffer;
}

interface Part {
  head: string[];
  content: Buffer;
}

const BOUNDARY = 'darkroom-fuzz';
const FIELDS = ['image', 'preset', 'metadata', 'focus', 'csrf', '__proto__', ''];
const MANY = [17, 21, 100, 2_000];

const imagePart = (picture: Buffer): Part => ({
  head: ['Content-Disposition: form-data; name="image"; filename="photo.jpg"', 'Content-Type: image/jpeg'],
  content: picture,
});

const textPart = (name: string, value: string): Part => ({
  head: [`Content-Disposition: form-data; name="${name}"`],
  content: Buffer.from(value),
});

/** As a browser sends it: RFC 7578. */
export function goodForm(picture: Buffer, fields: Readonly<Record<string, string>> = {}): Form {
  const parts = [...Object.entries(fields).map(([name, value]) => textPart(name, value)), imagePart(picture)];
  return { contentType: `multipart/form-data; boundary=${BOUNDARY}`, body: written(parts, BOUNDARY) };
}

type Change = (parts: Part[], random: Random) => Part[];

const onOne = (parts: Part[], random: Random, change: (part: Part) => Part): Part[] => {
  const at = random.below(parts.length);
  return parts.map((part, index) => (index === at ? change(part) : part));
};

const CHANGES: readonly (readonly [number, Change])[] = [
  [2, (parts, random) => parts.toSpliced(random.below(parts.length), 1)],
  [2, (parts, random) => [...parts, random.pick(parts)]],
  [
    1,
    (parts, random) => [
      ...parts,
      ...Array.from({ length: random.pick(MANY) }, (_, at) => textPart(`field${at}`, 'x')),
    ],
  ],
  [1, (parts, random) => [...parts, ...Array<Part>(random.pick(MANY)).fill(random.pick(parts))]],
  [3, (parts, random) => [textPart(random.pick(FIELDS), oddText(random)), ...parts]],
  [
    3,
    (parts, random) =>
      onOne(parts, random, (part) => ({ ...part, head: part.head.map((line) => mutateText(line, random)) })),
  ],
  [
    1,
    (parts, random) =>
      onOne(parts, random, (part) => ({ ...part, head: [...part.head, `X-Odd: ${oddText(random)}`] })),
  ],
  [
    1,
    (parts, random) =>
      onOne(parts, random, (part) => ({
        ...part,
        head: Array<string>(random.pick([0, 40, 400])).fill('X-Many: 1'),
      })),
  ],
  [
    1,
    (parts, random) =>
      onOne(parts, random, (part) => ({
        ...part,
        head: [...part.head, 'Content-Transfer-Encoding: base64'],
      })),
  ],
  [
    2,
    (parts, random) =>
      onOne(parts, random, (part) => ({ ...part, content: mutateBytes(part.content, random) })),
  ],
  // A form within a part, with the same boundary or its own.
  [
    1,
    (parts, random) =>
      onOne(parts, random, (part) => ({
        head: [
          'Content-Disposition: form-data; name="image"; filename="a"',
          'Content-Type: multipart/mixed; boundary=inner',
        ],
        content: written([part], random.pick(['inner', BOUNDARY])),
      })),
  ],
];

/** What a form may be that is not as it should be. @param fields texts that go before the picture */
export function mutatedForm(picture: Buffer, fields: Readonly<Record<string, string>>, random: Random): Form {
  let parts: Part[] = [
    ...Object.entries(fields).map(([name, value]) => textPart(name, value)),
    imagePart(picture),
  ];
  for (let changes = random.between(1, 2); changes > 0 && parts.length > 0; changes--) {
    parts = random.weighted(CHANGES)(parts, random);
  }
  const boundary = random.chance(0.8) ? BOUNDARY : oddText(random);
  const declared = random.weighted([
    [6, boundary],
    [1, `"${boundary}"`],
    [1, mutateText(boundary, random)],
    [1, '-'.repeat(random.pick([1, 70, 71, 3_000]))],
  ]);
  const body = written(parts, boundary);
  return {
    contentType:
      random.pick([
        'multipart/form-data; boundary=',
        'multipart/form-data;boundary=',
        'multipart/form-data; charset=utf-8; boundary=',
      ]) + declared,
    body: random.chance(0.2) ? mutateBytes(body, random) : body,
  };
}

function written(parts: readonly Part[], boundary: string): Buffer {
  const pieces = parts.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}\r\n${head.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'),
    content,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`, 'latin1')]);
}
