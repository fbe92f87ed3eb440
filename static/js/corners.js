// Outlines of codes: four [x, y] pairs in pixels, in the order of the print. Shared with the worker.

/** The middle of an outline, [x, y]. */
export function middle(corners) {
  return [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
}

/** The box around an outline, [left, top, right, bottom]. */
export function box(corners) {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The longer side of the box around an outline, in pixels. */
export function sideOf(corners) {
  const [left, top, right, bottom] = box(corners);
  return Math.max(right - left, bottom - top);
}

function holds(corners, [x, y]) {
  const [left, top, right, bottom] = box(corners);
  return x >= left && x <= right && y >= top && y <= bottom;
}

/** Whether two outlines are of one place: either holds the middle of the other. */
export function samePlace(one, other) {
  return holds(one, middle(other)) || holds(other, middle(one));
}

/** How far the middles of two outlines are from each other, in pixels. */
export function distance(one, other) {
  const [[ax, ay], [bx, by]] = [middle(one), middle(other)];
  return Math.hypot(ax - bx, ay - by);
}
