import { type AsksForKey, keep, keyOf, presetOf } from './access.ts';
import { byId } from './dom.ts';

/** The form for the key and the preset. @param saved called when there are others. @returns what opens it, and says why */
export function settingsForm(saved: () => void): AsksForKey {
  const form = byId('settings', HTMLFormElement);
  const button = byId('settings-button', HTMLButtonElement);
  const why = byId('settings-why', HTMLElement);
  const key = byId('key', HTMLInputElement);
  const preset = document.getElementById('preset');
  const presetField = preset instanceof HTMLInputElement ? preset : null;

  const show = (isShown: boolean) => {
    form.hidden = !isShown;
    button.setAttribute('aria-expanded', String(isShown));
    if (!isShown) return;
    key.value = keyOf();
    if (presetField) presetField.value = presetOf();
    key.focus();
  };
  button.addEventListener('click', () => {
    why.hidden = true;
    show(form.hidden === true);
  });
  form.addEventListener('keydown', ({ key: pressed }) => {
    if (pressed !== 'Escape') return;
    show(false);
    button.focus();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    keep(key.value.trim(), presetField?.value.trim() ?? '');
    why.hidden = true;
    show(false);
    button.focus();
    saved();
  });
  return (text) => {
    why.textContent = text;
    why.hidden = false;
    if (form.hidden) show(true);
  };
}
