/** @file Scores by path, a line each: a run that was stopped does not score them again. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Path } from '../../../shared/space/plan.ts';

export class KeptScores {
  /** what earlier runs took to score */
  readonly earlierSeconds: number;
  private readonly known: Map<string, number>;

  constructor(private readonly file: string) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const lines = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as [string, number, number]);
    this.known = new Map(lines.map(([path, score]) => [path, score]));
    this.earlierSeconds = lines.reduce((sum, [, , seconds]) => sum + seconds, 0);
  }

  async of(path: Path, score: () => Promise<number>): Promise<number> {
    const known = this.known.get(path.join());
    if (known !== undefined) return known;
    const begun = performance.now();
    const value = await score();
    appendFileSync(this.file, `${JSON.stringify([path.join(), value, (performance.now() - begun) / 1000])}\n`);
    return value;
  }
}
