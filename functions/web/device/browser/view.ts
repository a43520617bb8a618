/** @file The elements of the page that change: the server wrote them, and names their ids. */
import { duration, percent } from '../../../../shared/format.ts';

type Part = 'start' | 'running' | 'result';

export class View {
  /** Shows one part of the page and no other; null: none. */
  show(part: Part | null): void {
    for (const id of ['start', 'running', 'result'] satisfies Part[]) element(id).hidden = id !== part;
  }

  /** Says what is going on; read out by screen readers. */
  say(text: string): void {
    element('say').textContent = text;
  }

  /** What stands in the way, read out at once; empty: nothing does. */
  warn(text: string): void {
    const problem = element('problem');
    problem.hidden = text === '';
    problem.textContent = text;
  }

  /** @param fraction of all; null: not known */
  progress(fraction: number | null, secondsLeft: number | null): void {
    const bar = element('progress') as HTMLProgressElement;
    if (fraction === null) bar.removeAttribute('value');
    else bar.value = fraction;
    element('done').textContent = fraction === null ? '–' : percent(fraction);
    element('left').textContent = secondsLeft === null ? '–' : duration(secondsLeft);
  }

  steadiness(drift: { fraction: number; unstable: boolean } | null): void {
    element('steady').textContent =
      drift === null ? 'not known yet' : `${drift.unstable ? 'no' : 'yes'}, moved by ${percent(drift.fraction)}`;
    const hot = element('hot');
    hot.hidden = drift?.unstable !== true;
    // Written only when it changes: it is read out.
    const text = hot.hidden ? '' : unsteady;
    if (hot.textContent !== text) hot.textContent = text;
  }
}

export const unsteady =
  'This device changes its speed: it is hot, saves power or is busy. Let it cool, plug it in and close what else runs; ' +
  'for sharper numbers measure again then.';

/** @throws Error for an id that the page does not have */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}
