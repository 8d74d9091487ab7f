import { thumbHashToDataURL } from 'thumbhash';

/** @param thumbhash in base64, as a manifest has it. @returns a picture of some 30 pixels as a `data:` address */
export function placeholderOf(thumbhash: string | null): string | null {
  if (thumbhash === null) return null;
  return thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (character) => character.charCodeAt(0)));
}
