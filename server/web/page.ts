import { byId } from './dom.ts';
import { JobNews } from './job-news.ts';
import { PhotoList } from './photo-list.ts';
import { onFiles } from './picking.ts';
import { remembered } from './remembered.ts';
import { settingsForm } from './settings.ts';
import { summaryOf } from './summary.ts';
import { UploadQueue } from './upload-queue.ts';
import { limitText } from './words.ts';

/** How often at the most who hears the page is told how far it is, in milliseconds. */
const SAY_EVERY_MS = 3_000;

const maxBytes = Number(document.body.dataset.maxUploadBytes);
byId('limit', HTMLElement).textContent = limitText(maxBytes);

const live = byId('news', HTMLElement);
const say = (text: string) => {
  live.textContent = text;
};

const list = new PhotoList(byId('cards', HTMLElement), new JobNews(), say, () => scheduleSummary());
const asksForKey = settingsForm(() => retryRefused());
list.queue = new UploadQueue({
  maxBytes,
  accepted: (photo, accepted) => list.accepted(photo, accepted),
  asksForKey,
});

onFiles(byId('choose', HTMLButtonElement), byId('files', HTMLInputElement), (files) => {
  for (const file of files) list.add(file);
});
byId('retry-all', HTMLButtonElement).addEventListener('click', retryRefused);
byId('clear', HTMLButtonElement).addEventListener('click', () => list.clear());

function retryRefused(): void {
  const again = [...list.photos.keys()].filter(({ mayRetry, file }) => mayRetry && file);
  for (const photo of again) list.retry(photo);
}

let isScheduled = false;
let saidAt = 0;

/** Many photos change at once: what is told of all of them is told once a frame. */
function scheduleSummary(): void {
  if (isScheduled) return;
  isScheduled = true;
  // Not by frames: a tab in the background has none.
  setTimeout(() => {
    isScheduled = false;
    showSummary();
  }, 50);
}

function showSummary(): void {
  const photos = [...list.photos.keys()];
  const { text, isOver, retryable, ended } = summaryOf(photos);
  document.body.classList.toggle('has-photos', photos.length > 0);
  byId('work', HTMLElement).hidden = photos.length === 0;
  byId('summary', HTMLElement).textContent = text;
  byId('retry-all', HTMLElement).hidden = retryable < 2;
  byId('clear', HTMLElement).hidden = ended === 0;
  if (photos.length === 0 || (!isOver && performance.now() - saidAt < SAY_EVERY_MS)) return;
  saidAt = performance.now();
  say(text);
}

for (const photo of remembered()) list.restore(photo);
