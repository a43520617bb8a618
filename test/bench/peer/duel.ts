/** @file Ours and PyTorch on one setting: the same steps from the same weights first, then timed steps in turn. */
import type { z } from 'zod';
import type { Inputs } from './inputs.ts';
import { architectureAnswer, memoryAnswer, type Request, readyAnswer, weightAnswer } from './protocol.ts';
import type { Stepper } from './stepper.ts';

/** The same thing of both. */
export interface Sides<T> {
  ours: T;
  peer: T;
}

export interface Duel {
  /** which program each is */
  lines: Sides<string>;
  /** losses of the same weight steps, one after the other from the same weights */
  losses: Sides<number[]>;
  /** cross entropy's gradient for each logit from the first weights: for each pairs, [choice block][candidate] */
  gradients: Sides<number[][]>[];
  /** ms of timed steps, [path][step] */
  weightMs: Sides<number[][]>;
  /** ms of timed steps, [pairs][step] */
  architectureMs: Sides<number[][]>;
  /** when all steps are done */
  memory: Sides<z.infer<typeof memoryAnswer>>;
  /** when the supernet is there and no step has run */
  memoryBefore: Sides<z.infer<typeof memoryAnswer>>;
}

/** Weight steps whose losses are compared. */
export const comparedSteps = 10;

/** Steps one side takes before it is the other's turn. */
const stepsATurn = 2;

/** One side works at a time; which goes first alternates. @param threads of the peer; ours has what its backend takes */
export async function duel(
  { setup, paths, pairs }: Inputs,
  sides: Sides<Stepper>,
  { threads, rounds }: { threads: number; rounds: number },
): Promise<Duel> {
  let turn = 0;
  const both = async <Schema extends z.ZodType>(request: Request, schema: Schema): Promise<Sides<z.infer<Schema>>> => {
    const ask = (side: keyof Sides<unknown>) => sides[side].ask(request, schema);
    if (turn++ % 2 === 0) return { ours: await ask('ours'), peer: await ask('peer') };
    const peer = await ask('peer');
    return { ours: await ask('ours'), peer };
  };
  const timed = async (requests: Request[]): Promise<Sides<number[][]>> => {
    const ms: Sides<number[][]> = { ours: requests.map(() => []), peer: requests.map(() => []) };
    for (let round = 0; round < rounds; round++) {
      for (const [i, request] of requests.entries()) {
        const { ours, peer } = await both(request, weightAnswer);
        ms.ours[i]!.push(...ours.ms);
        ms.peer[i]!.push(...peer.ms);
      }
    }
    return ms;
  };

  const ready = await both({ ...setup, threads }, readyAnswer);
  const memoryBefore = await both({ do: 'memory' }, memoryAnswer);

  // Every path and pair runs before it is timed: memory grows to what steps need, kernels are made. Architecture
  // steps move no weight: their gradients come from the same weights on both sides as long as no weight step ran.
  const firsts: Sides<z.infer<typeof architectureAnswer>>[] = [];
  for (const one of pairs) firsts.push(await both({ do: 'architecture', pairs: one, repeats: 1 }, architectureAnswer));
  const losses: Sides<number[]> = { ours: [], peer: [] };
  for (let i = 0; i < Math.max(comparedSteps, paths.length); i++) {
    const { ours, peer } = await both({ do: 'weight', path: paths[i % paths.length]!, repeats: 1 }, weightAnswer);
    losses.ours.push(...ours.losses);
    losses.peer.push(...peer.losses);
  }

  return {
    lines: { ours: ready.ours.line, peer: ready.peer.line },
    losses,
    gradients: firsts.map(({ ours, peer }) => ({ ours: ours.gradient, peer: peer.gradient })),
    weightMs: await timed(paths.map((path) => ({ do: 'weight', path, repeats: stepsATurn }))),
    architectureMs: await timed(pairs.map((one) => ({ do: 'architecture', pairs: one, repeats: stepsATurn }))),
    memory: await both({ do: 'memory' }, memoryAnswer),
    memoryBefore,
  };
}
