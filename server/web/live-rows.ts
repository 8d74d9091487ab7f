import { bodyOf, element, rowsOf } from './dom.ts';

export interface LiveRow {
  /** What the row is of: with the same key it is the same row. */
  key: string;
  /** All that it shows: as long as this is the same, the row is not touched. */
  says: string;
  cells: () => (Node | string)[];
}

interface Shown {
  says: string;
  row: HTMLTableRowElement;
}

/**
 * The rows of a table that is shown again and again. Rows that say the same stay the same elements, so that focus stays where it is, nothing
 * is read aloud anew, and what was opened below a row stays open. Where the focused control is gone, its neighbour has the focus.
 */
export class LiveRows {
  readonly #table: HTMLElement;
  readonly #heads: readonly string[];
  /** Has the focus where no row is left. */
  readonly #heading: HTMLElement;
  #shown = new Map<string, Shown>();
  readonly #below = new Map<string, HTMLTableRowElement>();

  constructor(table: HTMLElement, heads: readonly string[], heading: HTMLElement) {
    this.#table = table;
    this.#heads = heads;
    this.#heading = heading;
    heading.tabIndex = -1;
  }

  show(rows: readonly LiveRow[]): void {
    const focused = this.#focused();
    const shown = new Map(rows.map((row) => [row.key, this.#shownAs(row)]));
    for (const key of this.#below.keys()) if (!shown.has(key)) this.#below.delete(key);
    this.#shown = shown;
    arrange(
      bodyOf(this.#table),
      [...shown].flatMap(([key, { row }]) => [row, this.#below.get(key) ?? []].flat()),
    );
    if (focused && !focused.control.isConnected) this.#focusInPlaceOf(focused);
  }

  /** The cell that is open below a row; null: none is. */
  cellBelow(key: string): HTMLTableCellElement | null {
    return this.#below.get(key)?.cells[0] ?? null;
  }

  /** Opens a cell below a row, over its whole width. */
  open(key: string): HTMLTableCellElement {
    const cell = element('td', { colspan: String(this.#heads.length) });
    const below = element('tr', { class: 'runs' }, cell);
    this.#below.set(key, below);
    this.#shown.get(key)?.row.after(below);
    return cell;
  }

  close(key: string): void {
    this.#below.get(key)?.remove();
    this.#below.delete(key);
  }

  #shownAs({ key, says, cells }: LiveRow): Shown {
    const before = this.#shown.get(key);
    if (before?.says === says) return before;
    const [row] = rowsOf(this.#heads, [cells()]);
    if (!row) throw new Error('a row is a row');
    return { says, row };
  }

  #focused(): { control: Element; key: string; index: number } | null {
    const control = document.activeElement;
    const index = [...this.#shown.values()].findIndex(({ row }) => row.contains(control));
    const key = [...this.#shown.keys()][index];
    return control && key !== undefined ? { control, key, index } : null;
  }

  #focusInPlaceOf({ control, key, index }: { control: Element; key: string; index: number }): void {
    const rows = [...this.#shown.values()];
    const { row } = this.#shown.get(key) ?? rows[Math.min(index, rows.length - 1)] ?? {};
    const controls = [...(row?.querySelectorAll('button') ?? [])];
    const next = controls.find((it) => it.textContent === control.textContent) ?? controls[0];
    if (next) next.focus();
    else this.#heading.focus();
  }
}

/** Takes out what goes, and puts in what comes, without touching what stays: an element that is moved loses the focus. */
function arrange(parent: Element, wanted: readonly Element[]): void {
  const stays = new Set(wanted);
  for (const child of [...parent.children]) if (!stays.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const it of wanted) {
    if (it === next) next = next.nextElementSibling;
    else parent.insertBefore(it, next);
  }
}
