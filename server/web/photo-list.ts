import type { ImageAnswer } from './answers.ts';
import { ask, Refusal } from './ask.ts';
import { isConfirmed } from './confirm.ts';
import type { JobNews, News } from './job-news.ts';
import { Photo } from './photo.ts';
import { type PhotoActions, PhotoView } from './photo-view.ts';
import { forget, type Remembered, remember } from './remembered.ts';
import { SHARE_OF_UPLOAD, type UploadQueue } from './upload-queue.ts';
import { failureText } from './words.ts';

/** How far a job is when its worker begins with a step, of the whole bar; and what that is. */
const STEPS: Record<string, [share: number, words: string]> = {
  queued: [SHARE_OF_UPLOAD + 0.05, 'Accepted, waiting for a worker'],
  running: [0.6, 'A worker has it'],
  decode: [0.65, 'Reading the pixels'],
  resize: [0.72, 'Making the sizes'],
  describe: [0.78, 'Looking at the picture'],
  encode: [0.84, 'Writing the files'],
  succeeded: [0.97, 'Publishing'],
};

/** All photos of the page, and what is done with them. */
export class PhotoList implements PhotoActions {
  readonly photos = new Map<Photo, PhotoView>();
  readonly say: (text: string) => void;
  readonly #root: HTMLElement;
  readonly #news: JobNews;
  readonly #changed: () => void;
  queue: UploadQueue | null = null;

  constructor(root: HTMLElement, news: JobNews, say: (text: string) => void, changed: () => void) {
    this.#root = root;
    this.#news = news;
    this.say = say;
    this.#changed = changed;
  }

  add(file: File): void {
    const photo = new Photo({ name: file.name || 'Pasted photo', bytes: file.size, file });
    this.#show(photo);
    this.queue?.add(photo);
  }

  /** One that was accepted before the page was loaded again. */
  restore({ name, bytes, id, jobId }: Remembered): void {
    const photo = new Photo({ name, bytes, file: null });
    this.#show(photo);
    this.accepted(photo, { id, jobId });
  }

  accepted(photo: Photo, accepted: NonNullable<Photo['accepted']>): void {
    const [share, step] = STEPS.queued ?? [0, ''];
    photo.set({ phase: 'working', share, step, accepted });
    remember(photo);
    this.#news.follow(accepted.jobId, (news) => void this.#told(photo, news));
  }

  retry(photo: Photo): void {
    // What was accepted and has failed is another upload now; what was not is the same one.
    if (photo.phase === 'failed') photo.idempotencyKey = crypto.randomUUID();
    if (photo.accepted) forget(photo.accepted.id);
    photo.accepted = null;
    this.queue?.add(photo);
    this.photos.get(photo)?.root.focus();
  }

  stop(photo: Photo): void {
    this.queue?.remove(photo);
    this.#drop(photo);
  }

  async remove(photo: Photo): Promise<void> {
    if (!photo.accepted || !(await isConfirmed(`Delete ${photo.name}?`))) return;
    try {
      await ask(`/images/${photo.accepted.id}`, { method: 'DELETE' });
    } catch (error) {
      const isGone = error instanceof Refusal && (error.status === 404 || error.status === 410);
      if (!isGone) return this.say(`${photo.name} was not deleted: ${(error as Error).message}`);
    }
    this.#drop(photo);
    this.say(`${photo.name} is deleted.`);
  }

  /** Takes those off the list that nothing more comes of. */
  clear(): void {
    for (const photo of this.photos.keys())
      if (photo.phase === 'ready' || photo.phase === 'failed' || photo.phase === 'refused') this.#drop(photo);
  }

  #show(photo: Photo): void {
    const view = new PhotoView(photo, this);
    this.photos.set(photo, view);
    this.#root.append(view.root);
    photo.onChange(this.#changed);
    this.#changed();
  }

  /** Whoever was there with the keyboard is at the next one, or at the one before. */
  #drop(photo: Photo): void {
    const view = this.photos.get(photo);
    if (photo.accepted) {
      this.#news.forget(photo.accepted.jobId);
      forget(photo.accepted.id);
    }
    const hadFocus = view?.root.contains(document.activeElement) || document.activeElement === document.body;
    const next = view?.root.nextElementSibling ?? view?.root.previousElementSibling;
    view?.dispose();
    this.photos.delete(photo);
    if (hadFocus) (next instanceof HTMLElement ? next : document.getElementById('choose'))?.focus();
    this.#changed();
  }

  async #told(photo: Photo, news: News): Promise<void> {
    const name = 'step' in news ? news.step : news.status;
    const [share, step] = STEPS[name] ?? [];
    if (share !== undefined && step !== undefined) {
      if (share >= photo.share) photo.set({ share, step });
      if (name === 'succeeded') await this.#showImage(photo);
      return;
    }
    const { text, mayRetry } = failureText('failure' in news && news.failure ? news.failure : name);
    this.#failed(photo, text, mayRetry);
  }

  async #showImage(photo: Photo): Promise<void> {
    try {
      const image = await ask<ImageAnswer>(`/images/${photo.accepted?.id}`);
      photo.set({ phase: 'ready', share: 1, image });
    } catch (error) {
      this.#failed(photo, (error as Error).message, false);
    }
  }

  #failed(photo: Photo, why: string, mayRetry: boolean): void {
    photo.set({ phase: 'failed', why, mayRetry });
    this.say(`${photo.name}: ${why}`);
  }
}
