//! Where something stands that opens beside a button.

const GAP = 4;
const EDGE = 8;

/** Below it, or above where there is no room; along its edge where the text begins, or the other where there is no room. */
export function place(box: HTMLElement, beside: HTMLElement, wide = false): void {
  const at = beside.getBoundingClientRect();
  if (wide) box.style.width = `${at.width}px`;
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + GAP + height <= innerHeight - EDGE || at.top < height + GAP;
  const rtl = document.documentElement.dir === 'rtl';
  const wanted = rtl ? at.right - width : at.left;
  const other = rtl ? at.left : at.right - width;
  const fits = wanted >= EDGE && wanted + width <= innerWidth - EDGE;
  const left = Math.max(EDGE, Math.min(fits ? wanted : other, innerWidth - width - EDGE));
  box.style.left = `${left}px`;
  box.style.top = `${Math.max(EDGE, below ? at.bottom + GAP : at.top - GAP - height)}px`;
}
