import type { ImageAnswer, VariantAnswer } from './answers.ts';
import { element, table } from './dom.ts';
import { placeholderOf } from './placeholder.ts';
import { snippetOf } from './snippet.ts';
import { bySize } from './variants.ts';
import { bytesText } from './words.ts';

/** How long a button says that it has copied, in milliseconds. */
const SAID_FOR_MS = 2_000;

/** All variants of a photo, and the code that shows it. @param say to who hears the page */
export function resultView(image: ImageAnswer, say: (text: string) => void): HTMLElement {
  const variants = bySize(image.variants).toReversed();
  const code = snippetOf({
    variants: image.variants,
    origin: location.origin,
    placeholder: placeholderOf(image.thumbhash),
  });
  return element(
    'div',
    {},
    table('Variants', ['Variant', 'Pixels#', 'Format', 'Bytes#', 'File'], variants.map(rowOf)),
    element('div', { class: 'code-head' }, element('h4', {}, 'For your page'), copyButton(code, say)),
    element(
      'pre',
      { class: 'code', tabindex: '0', role: 'region', 'aria-label': 'HTML of the picture' },
      code,
    ),
  );
}

const rowOf = (variant: VariantAnswer): (Node | string)[] => [
  variant.name,
  `${variant.width} × ${variant.height}`,
  variant.format === 'jpeg' ? 'JPEG' : variant.format === 'webp' ? 'WebP' : variant.format.toUpperCase(),
  bytesText(variant.bytes),
  element(
    'a',
    {
      href: variant.url,
      target: '_blank',
      rel: 'noopener',
      'aria-label': `Open ${variant.name} as ${variant.format}`,
    },
    'Open',
  ),
];

function copyButton(text: string, say: (text: string) => void): HTMLButtonElement {
  const button = element('button', { class: 'quiet', type: 'button' }, 'Copy the code');
  button.addEventListener('click', () => {
    void copied(text).then((isCopied) => {
      button.textContent = isCopied ? 'Copied' : 'Select it, and copy by hand';
      say(button.textContent);
      setTimeout(() => {
        button.textContent = 'Copy the code';
      }, SAID_FOR_MS);
    });
  });
  return button;
}

/** False where the browser keeps the clipboard: without HTTPS, it has none but on this machine. */
const copied = async (text: string): Promise<boolean> =>
  navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  ) ?? false;
