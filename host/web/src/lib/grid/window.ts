//! Which rows of a long table are drawn: those that are seen, and some around them.

export const ROW_PX = 38;
const AROUND = 12;

export interface Window {
  first: number;
  /** Behind the last one. */
  end: number;
}

export function windowOf(scrolled: number, height: number, count: number): Window {
  const first = Math.max(0, Math.floor(scrolled / ROW_PX) - AROUND);
  const end = Math.min(count, Math.ceil((scrolled + height) / ROW_PX) + AROUND);
  return { first: Math.min(first, end), end };
}

/** Where the focus goes with a key, or null when it stays with the browser. */
export function moved(key: string, row: number, column: number, rows: number, columns: number, page: number): [number, number] | null {
  const to = (nextRow: number, nextColumn: number): [number, number] => [
    Math.max(0, Math.min(rows - 1, nextRow)),
    Math.max(0, Math.min(columns - 1, nextColumn)),
  ];
  switch (key) {
    case 'ArrowDown':
      return to(row + 1, column);
    case 'ArrowUp':
      return to(row - 1, column);
    case 'ArrowRight':
      return to(row, column + 1);
    case 'ArrowLeft':
      return to(row, column - 1);
    case 'PageDown':
      return to(row + page, column);
    case 'PageUp':
      return to(row - page, column);
    case 'Home':
      return to(row, 0);
    case 'End':
      return to(row, columns - 1);
    default:
      return null;
  }
}
