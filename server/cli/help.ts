/** What the help of a command says beside its flags. */
export interface Lesson {
  /** Paragraphs on what has to be known. */
  about?: readonly string[];
  /** Command lines, and what each is for. */
  examples: Readonly<Record<string, string>>;
  /** What is to be done when it has ended. */
  after?: string;
  /** What its exit codes mean. */
  codes: Readonly<Record<number, string>>;
}

const COLUMNS = 100;
const INDENT = '  ';

/** @returns the text that follows the flags, in lines of no more than {@link COLUMNS} */
export function teaches({ about = [], examples, after, codes }: Lesson): string {
  const parts = [
    ...about.map((text) => wrapped(text, '')),
    `Examples:\n${Object.entries(examples)
      .map(([line, what]) => `${INDENT}${line}\n${wrapped(what, INDENT.repeat(3))}`)
      .join('\n')}`,
    ...(after === undefined ? [] : [`Afterwards:\n${wrapped(after, INDENT)}`]),
    `Exit codes:\n${Object.entries(codes)
      .map(([code, text]) => `${INDENT}${code.padStart(2)}  ${wrapped(text, `${INDENT}    `).trimStart()}`)
      .join('\n')}`,
  ];
  return `\n${parts.join('\n\n')}`;
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((it) => indent + it).join('\n');
}
