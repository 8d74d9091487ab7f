/** The element with this id. @throws when the page has none of this kind */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** The element of a template's copy that is named by `data-part`. */
export function partOf<T extends Element>(of: Element, name: string, kind: new () => T): T {
  const found = of.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`there is no part ${name}`);
  return found;
}

/** What stands in a template, anew. */
export function copyOf(id: string): HTMLElement {
  const first = byId(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(first instanceof HTMLElement)) throw new Error(`the template ${id} is empty`);
  return first;
}

/** A new element. Texts are texts, and never read as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A head that ends in `#` is of numbers. */
const classOf = (head: string | undefined): Record<string, string> =>
  head?.endsWith('#') ? { class: 'number' } : {};

/** Rows of a table with these heads; the first cell says what its row is of. */
export const rowsOf = (heads: readonly string[], rows: readonly (Node | string)[][]): HTMLTableRowElement[] =>
  rows.map((cells) =>
    element(
      'tr',
      {},
      ...cells.map((cell, index) =>
        index === 0 ? element('th', { scope: 'row' }, cell) : element('td', classOf(heads[index]), cell),
      ),
    ),
  );

/** A table within what scrolls where it is too wide. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (Node | string)[][],
): HTMLElement {
  const head = heads.map((text) => element('th', { scope: 'col', ...classOf(text) }, text.replace('#', '')));
  const made = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rowsOf(heads, rows)),
  );
  // Who has no mouse scrolls it by the keys.
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, made);
}

/** The body of such a table, whose rows may be others. */
export function bodyOf(of: HTMLElement): HTMLTableSectionElement {
  const body = of.querySelector('tbody');
  if (!body) throw new Error('there is no table');
  return body;
}
