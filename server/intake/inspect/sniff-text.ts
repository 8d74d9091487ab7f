/** What a file of text is, or undefined where the bytes are not text. */
export function textName(head: Uint8Array): string | undefined {
  const text = decode(head);
  if (text === undefined) return undefined;
  const start = text.trimStart();
  if (!start.startsWith('<')) return 'text';
  // HTML before SVG: a page may have a drawing in it, and a drawing has no page in it this early.
  if (/<(!doctype\s+)?html[\s>]/i.test(start)) return 'HTML';
  if (/<svg[\s>]/.test(start)) return 'SVG';
  return start.startsWith('<?xml') ? 'XML' : 'text';
}

function decode(head: Uint8Array): string | undefined {
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe;
  // `stream` keeps a character that the end of the head cuts in two from counting as an error.
  const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(head, { stream: true });
  return [...text].every(isPrintable) ? text : undefined;
}

function isPrintable(character: string): boolean {
  return character >= ' ' ? character !== '\ufffd' && character !== '\x7f' : /\s/.test(character);
}
