/**
 * @file Evolutionary search on a trained supernet: the best half of a generation are parents; of their children half are
 * mutants and half are crossed (Guo et al., "Single Path One-Shot Neural Architecture Search", 2020).
 */
import type { Random } from '../../../shared/random.ts';
import type { Path } from '../../../shared/space/plan.ts';

export interface Evolution {
  population: number;
  /** behind the first, which is drawn */
  generations: number;
  /** a path within the budget */
  draw(): Path;
  /** how many candidates each block has */
  candidates: readonly number[];
  fits(path: Path): boolean;
  /** higher is better; asked once for each path */
  score(path: Path): Promise<number>;
  random: Random;
}

/** Of each choice of a mutant, how likely it is drawn anew. */
const mutationProbability = 0.1;
/** Children that do not fit are thrown away; behind so many the place goes to a drawn path. */
const mostTries = 200;

export async function evolve(evolution: Evolution): Promise<{ path: Path; score: number; scored: number }> {
  const { population, generations, draw, random } = evolution;
  const scores = new Map<string, { path: Path; score: number }>();
  const scoreOf = async (path: Path) => {
    const key = path.join();
    if (!scores.has(key)) scores.set(key, { path, score: await evolution.score(path) });
  };
  for (let i = 0; i < population; i++) await scoreOf(draw());
  for (let generation = 0; generation < generations; generation++) {
    const parents = best(scores, Math.ceil(population / 2)).map(({ path }) => path);
    for (let i = 0; i < population; i++) {
      const child = () => {
        const parent = parents[random.below(parents.length)]!;
        return i % 2 === 0
          ? mutant(parent, evolution)
          : crossed(parent, parents[random.below(parents.length)]!, random);
      };
      await scoreOf(bred(child, evolution, scores) ?? draw());
    }
  }
  return { ...best(scores, 1)[0]!, scored: scores.size };
}

function best(scores: ReadonlyMap<string, { path: Path; score: number }>, count: number) {
  return [...scores.values()].sort((a, b) => b.score - a.score).slice(0, count);
}

/** A new path that fits, or null. */
function bred(child: () => Path, { fits }: Evolution, known: ReadonlyMap<string, unknown>): Path | null {
  for (let tries = 0; tries < mostTries; tries++) {
    const path = child();
    if (!known.has(path.join()) && fits(path)) return path;
  }
  return null;
}

function mutant(parent: Path, { candidates, random }: Evolution): Path {
  return parent.map((choice, i) => (random.uniform() < mutationProbability ? random.below(candidates[i]!) : choice));
}

function crossed(a: Path, b: Path, random: Random): Path {
  return a.map((choice, i) => (random.uniform() < 0.5 ? choice : b[i]!));
}
