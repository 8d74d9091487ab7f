import type { ImageAnswer } from './answers.ts';
import { copyOf, element, partOf } from './dom.ts';
import type { Photo } from './photo.ts';
import { placeholderOf } from './placeholder.ts';
import { resultView } from './result-view.ts';
import { bySize, shownAtMost } from './variants.ts';
import { bytesText, privacyText, savedText, verdictText } from './words.ts';

export interface PhotoActions {
  retry(photo: Photo): void;
  /** Takes it off the list, and out of the queue. */
  stop(photo: Photo): void;
  /** Deletes it from the service. */
  remove(photo: Photo): void;
  say(text: string): void;
}

const HAS_BAR = new Set(['waiting', 'uploading', 'holding', 'working']);

/** One photo of the list: what it is, how far it has come, and what has become of it. */
export class PhotoView {
  readonly root = copyOf('card');
  readonly #photo: Photo;
  readonly #actions: PhotoActions;
  readonly #bar = this.#part('bar', HTMLProgressElement);
  readonly #picture = this.#part('picture', HTMLImageElement);
  #preview: string | null = null;
  #counting: number | null = null;
  #shown: ImageAnswer | null = null;

  constructor(photo: Photo, actions: PhotoActions) {
    this.#photo = photo;
    this.#actions = actions;
    this.#part('name', HTMLElement).textContent = photo.name;
    this.#bar.setAttribute('aria-label', `Progress of ${photo.name}`);
    this.#button('retry', 'Try again', () => actions.retry(photo));
    this.#button('stop', 'Cancel', () => actions.stop(photo));
    this.#button('delete', 'Delete', () => actions.remove(photo));
    this.#showPreview();
    photo.onChange(() => this.#render());
    this.#render();
  }

  /** Nobody sees it any more. */
  dispose(): void {
    this.#dropPreview();
    if (this.#counting !== null) clearInterval(this.#counting);
    this.root.remove();
  }

  #render(): void {
    const { phase, share, why, mayRetry, file, image } = this.#photo;
    this.root.dataset.phase = phase;
    this.#part('state', HTMLElement).textContent = this.#stateText();
    this.#bar.hidden = !HAS_BAR.has(phase);
    this.#bar.value = share;
    const isOver = phase === 'failed' || phase === 'refused';
    const detail = this.#part('detail', HTMLElement);
    detail.hidden = !isOver;
    detail.textContent = isOver ? why : '';
    this.#part('retry', HTMLElement).hidden = !(isOver && mayRetry && file);
    const stop = this.#part('stop', HTMLElement);
    stop.hidden = phase === 'ready' || phase === 'working';
    this.#name(stop, isOver ? 'Dismiss' : 'Cancel');
    this.#part('delete', HTMLElement).hidden = phase !== 'ready';
    this.#countDown(phase === 'holding');
    if (image && image !== this.#shown) this.#showResult(image);
  }

  #stateText(): string {
    const { phase, bytes, step, againAt, why, image } = this.#photo;
    switch (phase) {
      case 'waiting':
        return `${bytesText(bytes)}, waiting for its turn`;
      case 'uploading':
        return `${bytesText(bytes)}, uploading`;
      case 'holding': {
        const seconds = Math.max(1, Math.ceil((againAt - performance.now()) / 1000));
        return `${why}. Again in ${seconds} s`;
      }
      case 'working':
        return step;
      case 'ready':
        return image ? sizesText(image) : '';
      case 'failed':
        return 'It could not be made';
      case 'refused':
        return 'It was not taken';
    }
  }

  #countDown(isHeld: boolean): void {
    if (isHeld === (this.#counting !== null)) return;
    if (this.#counting !== null) clearInterval(this.#counting);
    this.#counting = isHeld
      ? window.setInterval(() => {
          this.#part('state', HTMLElement).textContent = this.#stateText();
        }, 250)
      : null;
  }

  /** The file itself, where the browser can read it. */
  #showPreview(): void {
    const { file } = this.#photo;
    if (!file) return;
    this.#preview = URL.createObjectURL(file);
    this.#showPicture(this.#preview);
  }

  #dropPreview(): void {
    if (this.#preview) URL.revokeObjectURL(this.#preview);
    this.#preview = null;
  }

  #showPicture(url: string, then = () => {}): void {
    this.#picture.onload = () => {
      this.#picture.classList.add('is-shown');
      then();
    };
    this.#picture.onerror = () => {
      this.#picture.hidden = true;
      then();
    };
    this.#picture.hidden = false;
    this.#picture.src = url;
  }

  /** First what the placeholder tells, then the smallest variant over it. */
  #showResult(image: ImageAnswer): void {
    this.#shown = image;
    const placeholder = placeholderOf(image.thumbhash);
    const [smallest] = bySize(image.variants);
    if (placeholder && smallest) {
      const blurred = this.#part('placeholder', HTMLImageElement);
      blurred.src = placeholder;
      blurred.hidden = false;
      this.#picture.classList.remove('is-shown');
      this.#showPicture(smallest.url, () => this.#dropPreview());
    }
    const told = this.#part('told', HTMLElement);
    told.replaceChildren(...toldOf(image));
    told.hidden = false;
    const more = this.#part('more', HTMLDetailsElement);
    more.hidden = false;
    // What nobody looks at is not made.
    more.addEventListener(
      'toggle',
      () => this.#part('result', HTMLElement).replaceChildren(resultView(image, this.#actions.say)),
      { once: true },
    );
  }

  #part<T extends Element>(name: string, kind: new () => T): T {
    return partOf(this.root, name, kind);
  }

  #button(part: string, word: string, act: () => void): void {
    const button = this.#part(part, HTMLButtonElement);
    this.#name(button, word);
    button.addEventListener('click', act);
  }

  /** Heard alone, it says of which photo it is. */
  #name(button: HTMLElement, word: string): void {
    button.textContent = word;
    button.setAttribute('aria-label', `${word}: ${this.#photo.name}`);
  }
}

function sizesText({ source, variants }: ImageAnswer): string {
  const shown = shownAtMost(variants);
  if (!shown) return 'Ready';
  const saved = savedText(source.bytes, shown.bytes);
  return `${bytesText(source.bytes)} → ${bytesText(shown.bytes)}${saved}, ${variants.length} variants`;
}

function toldOf({ privacy, quality }: ImageAnswer): HTMLElement[] {
  const told: HTMLElement[] = [];
  const line = (name: string, text: string) =>
    told.push(element('li', {}, element('b', {}, name), ` ${text}`));
  if (privacy) {
    const { removed, kept } = privacyText(privacy);
    line('Private:', removed === '' ? 'nothing was hidden in it.' : `${removed} removed.`);
    if (kept !== '') line('Kept:', `${kept}, as the preset asks.`);
  }
  if (quality) line('Quality:', verdictText(quality.verdicts));
  return told;
}
