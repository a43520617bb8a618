/** @file How long any network in an ONNX model takes on known hardware. */
import { FastpathError } from '../errors.ts';
import type { FittedLatencyModel } from '../latency/fitted-model.ts';
import type { LatencyPrediction } from '../latency/model.ts';
import { operatorFeatures } from '../latency/operators/features.ts';
import { operatorSignature } from '../latency/operators/operator.ts';
import { weighedUs } from '../latency/operators/operator-costs.ts';
import { roughDeviation, roughUs } from '../latency/operators/rough.ts';
import { partsOf } from '../latency/part.ts';
import { type FusedGraph, fuse } from './fuse.ts';
import type { TypedGraph } from './infer-shapes.ts';
import { recogniseArchitecture } from './recognise.ts';

/** Φ⁻¹(0.95) */
const nineInTen = 1.645;
/** What an operator that nothing is known of may take, in means of the others. */
const unknownShare = 4;
const namedAtMost = 8;
/** ONNX's own operators of integers, and those that ONNX Runtime adds */
const ofIntegers = /^(Quantize|Dequantize|DynamicQuantize)Linear$|^QLinear|^QGemm$|^(Conv|MatMul)Integer/;

/**
 * Predicts one network on any number of hardware: what is the same on many is worked out once. The prediction is of one
 * call with all images that the network's input holds. Networks of inverted residual blocks are predicted from the block
 * table where it has all of them, others operator by operator; these are the `blocks` then, as a runtime fuses them.
 * @throws FastpathError `onnx.unpriced` where nothing is known of any of its operators, or they are of integers, and
 * `onnx.shape`; so does the predictor
 */
export function networkPredictor(network: TypedGraph): (model: FittedLatencyModel) => LatencyPrediction {
  checkFloat(network);
  const fusions = new Map<number, FusedGraph>();
  const fused = (block: number): FusedGraph => {
    const own = fusions.get(block) ?? fuse(network, block);
    fusions.set(block, own);
    return own;
  };
  const architecture = recogniseArchitecture(fused(0).operators);
  return (model) => {
    const { operators: weights } = model.data;
    const inTable =
      architecture !== null && (weights === undefined || partsOf(architecture).every((part) => model.knows(part)));
    const own = fused(inTable ? 0 : (weights?.channelBlock ?? 0));
    const predicted = inTable ? model.predict(architecture) : byOperators(own, model);
    const prediction = withDoubts(predicted, own, [...unknownFlag(own), ...imagesFlag(network, model)]);
    const { latencyUs, lowUs, highUs } = prediction;
    if ([latencyUs, lowUs, highUs].every((us) => Number.isFinite(us) && us >= 0)) return prediction;
    throw new FastpathError(
      'onnx.shape',
      'no latency can be told for this model: no network has operators of such sizes',
    );
  };
}

function byOperators(fused: FusedGraph, model: FittedLatencyModel): LatencyPrediction {
  const { operators: weights, physical, hardware, flags } = model.data;
  const untimed = new Map<string, number>();
  let roughlyUs = 0;
  const blocks = fused.operators.map((operator, i) => {
    const timedUs = weights && weighedUs(operatorFeatures(operator, weights.channelBlock), weights);
    const latencyUs = timedUs ?? roughUs(operator, physical);
    if (timedUs == null) {
      roughlyUs += latencyUs;
      untimed.set(operator.kind, (untimed.get(operator.kind) ?? 0) + 1);
    }
    return { name: `operator ${i + 1}`, signature: operatorSignature(operator), latencyUs };
  });
  if (blocks.every(({ latencyUs }) => latencyUs === 0)) throw unpriced(fused);
  const latencyUs = blocks.reduce((sum, block) => sum + block.latencyUs, model.overheadUs);
  const reachUs = nineInTen * Math.hypot((weights?.relativeDeviation ?? 0) * latencyUs, roughDeviation * roughlyUs);
  const roughly =
    weights === undefined
      ? `no operators were timed on ${hardware.id}: estimated from sizes alone, roughly`
      : `not timed on ${hardware.id}, estimated from size: ${told(untimed)}`;
  return {
    latencyUs,
    lowUs: Math.max(0, latencyUs - reachUs),
    highUs: latencyUs + reachUs,
    flags: untimed.size > 0 ? [...flags, roughly] : flags,
    blocks,
  };
}

/** With room for operators that nothing is known of, and said so. */
function withDoubts(prediction: LatencyPrediction, { operators, unknown }: FusedGraph, doubts: readonly string[]) {
  const leftOut = [...unknown.values()].reduce((sum, times) => sum + times, 0);
  const roomUs = (unknownShare * leftOut * prediction.latencyUs) / operators.length;
  return { ...prediction, highUs: prediction.highUs + roomUs, flags: [...prediction.flags, ...doubts] };
}

function unknownFlag({ unknown }: FusedGraph): string[] {
  return unknown.size > 0 ? [`operators that nothing is known of, left out: ${told(unknown)}`] : [];
}

/** Operators were timed with floats; those of 8-bit integers take another time on each device. */
function checkFloat({ nodes }: TypedGraph): void {
  const quantised = nodes.find(({ op, constant }) => !constant && ofIntegers.test(op));
  if (quantised === undefined) return;
  throw new FastpathError(
    'onnx.unpriced',
    `no latency can be told for this model: it is quantised to integers (${clipped(quantised.op)}), and only float networks are predicted: send it as it was before`,
  );
}

function unpriced({ unknown }: FusedGraph): FastpathError {
  const why = unknown.size === 0 ? 'it holds no operator that takes time' : `nothing is known of ${told(unknown)}`;
  return new FastpathError('onnx.unpriced', `no latency can be told for this model: ${why}`);
}

function imagesFlag({ inputs }: TypedGraph, { hardware }: FittedLatencyModel): string[] {
  const images = inputs[0]!.dims[0] ?? 1;
  if (images === hardware.batchSize) return [];
  return [`the model takes ${images} images a call, ${hardware.id} was timed with ${hardware.batchSize}`];
}

function told(counts: ReadonlyMap<string, number>): string {
  const names = [...counts].map(([name, times]) => (times === 1 ? clipped(name) : `${clipped(name)} (${times} times)`));
  const more = names.length - namedAtMost;
  return more > 0 ? `${names.slice(0, namedAtMost).join(', ')} and ${more} more` : names.join(', ');
}

/** Names come from files. */
function clipped(name: string): string {
  const plain = name.replaceAll(/[^\w.:-]/g, '?');
  return plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
}
