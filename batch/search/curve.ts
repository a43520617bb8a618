/** @file Curves of bounded length for runs of any length. */

const mostPoints = 400;

/**
 * Appends a point in place; when there are too many, every second one goes. What is kept depends on the sequence of
 * points alone, so that a resumed run draws the same curve.
 */
export function appendThinned<T>(curve: T[], point: T): void {
  curve.push(point);
  if (curve.length <= mostPoints) return;
  const kept = curve.filter((_, i) => i % 2 === 0 || i === curve.length - 1);
  curve.splice(0, curve.length, ...kept);
}
