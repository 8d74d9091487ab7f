import type { Accepted, Photo } from './photo.ts';

/** What this tab has uploaded, so that a reload does not lose sight of it: names and ids, and no picture. */

const PHOTOS = 'darkroom.photos';
/** The newest ones; each takes some 150 bytes of the 5 MB that a tab has. */
const MOST = 500;

export type Remembered = Accepted & Pick<Photo, 'name' | 'bytes'>;

/** From the eldest. */
export function remembered(): Remembered[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(PHOTOS) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

export function remember(photo: Photo): void {
  if (!photo.accepted) return;
  const { name, bytes, accepted } = photo;
  write([...remembered().filter(({ id }) => id !== accepted.id), { name, bytes, ...accepted }]);
}

export const forget = (id: string): void => write(remembered().filter((it) => it.id !== id));

function write(all: readonly Remembered[]): void {
  sessionStorage.setItem(PHOTOS, JSON.stringify(all.slice(-MOST)));
}
