/**
 * @file What the driver says to a stepper, a process that trains one supernet, and what it answers: one JSON object a
 * line over standard input and output, one answer a request. `ours.ts` and `peer.py` speak it.
 */
import { z } from 'zod';
import type { SampledPair } from '../../../batch/supernet/formulas/pair.ts';
import type { SupernetPlan } from '../../../shared/space/plan.ts';
import type { SettingShape } from '../step-setting.ts';

/** What both train and on what. Ours draws all of it from the shape's seed; the peer is given the same numbers. */
export interface SetupRequest {
  do: 'setup';
  shape: SettingShape;
  threads: number;
  plan: SupernetPlan;
  files: {
    /** float32 [batch, resolution, resolution, 3], no header */
    images: string;
    /** int32 [batch], no header */
    labels: string;
    /** safetensors: parameters and running statistics under our names and in our layout */
    weights: string;
  };
  /** of weights and of logits */
  learningRate: number;
  /** path logits, [choice block][candidate] */
  logits: number[][];
  /** what the cost term counts, relative to its budget, [choice block][candidate] */
  costs: number[][];
}

export type Request =
  | SetupRequest
  | { do: 'weight'; path: readonly number[]; repeats: number }
  | { do: 'architecture'; pairs: readonly SampledPair[]; repeats: number }
  | { do: 'memory' }
  | { do: 'quit' };

/** `line` says which program this is and on how many threads. */
export const readyAnswer = z.object({ line: z.string() });

export const weightAnswer = z.object({
  /** wall time of each step */
  ms: z.array(z.number().positive()),
  /** cross entropy of each step, smoothed labels for weights, plain ones for logits */
  losses: z.array(z.number()),
});

export const architectureAnswer = weightAnswer.extend({
  /** of the first step's cross entropy for each logit, [choice block][candidate]; blocks may be padded with zeros */
  gradient: z.array(z.array(z.number())),
});

/** Of the whole process since it started. */
export const memoryAnswer = z.object({ peakRssBytes: z.number().positive(), rssBytes: z.number().positive() });

const errorAnswer = z.object({ error: z.string() });

/** @throws Error with the stepper's own words where it answered an error, or where the line is no such answer */
export function parseAnswer<Schema extends z.ZodType>(line: string, schema: Schema): z.infer<Schema> {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    throw new Error(`not an answer: ${line.slice(0, 200)}`);
  }
  const error = errorAnswer.safeParse(answer);
  if (error.success) throw new Error(error.data.error);
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new Error(`not the answer asked for: ${line.slice(0, 200)}`);
  return parsed.data;
}
