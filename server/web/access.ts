/** The API key of this tab: never in an address, and gone with the tab. */

const KEY = 'darkroom.key';
const PRESET = 'darkroom.preset';

export const keyOf = (): string => sessionStorage.getItem(KEY) ?? '';
export const presetOf = (): string => sessionStorage.getItem(PRESET) ?? '';

export function keep(key: string, preset: string): void {
  sessionStorage.setItem(KEY, key);
  sessionStorage.setItem(PRESET, preset);
}

export const authorization = (): Record<string, string> =>
  keyOf() === '' ? {} : { authorization: `Bearer ${keyOf()}` };

/** Called when the service asks for a key, or for another one. */
export type AsksForKey = (why: string) => void;

/** What of a refusal is told to who can give a key. @param detail of a key that is known, and may not do this */
export function whyKey(status: number, detail: string): string {
  if (status !== 401) return detail;
  return keyOf() === '' ? 'This service asks for an API key.' : 'The service does not know this API key.';
}
