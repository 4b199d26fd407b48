/**
 * Which rows of a long list are on the screen, and where.
 *
 * Browsers bound the height of an element: Chromium and WebKit clamp it at 33,554,428 px, in Firefox it falls to nothing
 * above 17,895,697. A list that would be higher is drawn in a canvas of less, and scrolling moves through it faster.
 */

const CANVAS_MAX = 17_000_000;
/** Rows drawn beyond both edges. */
const OVERSCAN = 4;

export interface View {
  total: number;
  rowHeight: number;
  viewHeight: number;
  scrollTop: number;
}

export interface Window {
  canvasHeight: number;
  first: number;
  /** -1 when there is none. */
  last: number;
  /** The first row on the screen, some of it at least. */
  top: number;
  /** Where row 0 would be, in px from the top of the canvas. */
  origin: number;
}

export function windowOf({ total, rowHeight, viewHeight, scrollTop }: View): Window {
  const height = total * rowHeight;
  const canvasHeight = Math.min(height, CANVAS_MAX);
  const shown = Math.max(0, Math.min(scrollTop, canvasHeight - viewHeight)) * scale(height, canvasHeight, viewHeight);
  return {
    canvasHeight,
    first: Math.max(0, Math.floor(shown / rowHeight) - OVERSCAN),
    last: Math.min(total, Math.ceil((shown + viewHeight) / rowHeight) + OVERSCAN) - 1,
    top: Math.max(0, Math.min(total - 1, Math.floor(shown / rowHeight))),
    origin: Math.max(0, Math.min(scrollTop, canvasHeight - viewHeight)) - shown,
  };
}

/** Rows' pixels for one of the canvas. */
function scale(height: number, canvasHeight: number, viewHeight: number): number {
  return canvasHeight === height ? 1 : (height - viewHeight) / (canvasHeight - viewHeight);
}

/** The scrollTop that shows the same rows after so many came before them. */
export function scrollTopAfter(moved: number, view: View): number {
  const height = view.total * view.rowHeight;
  return view.scrollTop + (moved * view.rowHeight) / scale(height, Math.min(height, CANVAS_MAX), view.viewHeight);
}

/** The scrollTop that brings a row fully on the screen, moving no more than needed. */
export function scrollTopFor(position: number, view: View): number {
  const { canvasHeight } = windowOf(view);
  const by = scale(view.total * view.rowHeight, canvasHeight, view.viewHeight);
  const shown = view.scrollTop * by;
  const top = position * view.rowHeight;
  const bottom = top + view.rowHeight - view.viewHeight;
  if (top >= shown && bottom <= shown) return view.scrollTop;
  return (top < shown ? top : bottom) / by;
}
