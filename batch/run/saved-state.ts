/** @file The parts of a checkpoint that every phase has: variables as tensors, keyed by name. */
import { FastpathError } from '../../shared/errors.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import type { Parameter, Variable } from '../network/parameter.ts';

/** Parameters with their momentum, and running statistics. */
export interface Trainable {
  readonly parameters: Parameter[];
  readonly statistics: Variable[];
}

function variablesOf({ parameters, statistics }: Trainable): Variable[] {
  return [...parameters.flatMap((parameter) => [parameter, parameter.momentum]), ...statistics];
}

/** Everything that training changes. */
export function readVariables(trainable: Trainable): Map<string, Tensor> {
  return read(variablesOf(trainable));
}

/** @throws FastpathError `weights.missing`, `weights.shape` */
export function restoreVariables(trainable: Trainable, tensors: ReadonlyMap<string, Tensor>): void {
  for (const variable of variablesOf(trainable)) variable.assign(valuesOf(tensors, variable));
}

/**
 * Copies weights and running statistics out of named tensors, momentum left at zero.
 * @throws FastpathError `weights.missing`, `weights.shape`
 */
export function loadWeights({ parameters, statistics }: Trainable, tensors: ReadonlyMap<string, Tensor>): void {
  for (const variable of [...parameters, ...statistics]) variable.assign(valuesOf(tensors, variable));
}

/**
 * `loadWeights` of a file that is to hold this network's weights and nothing else.
 * @throws FastpathError `weights.missing`, `weights.shape`, `weights.surplus` where they are of another network,
 * `weights.not-finite`
 */
export function loadOwnWeights(network: Trainable, tensors: ReadonlyMap<string, Tensor>): void {
  loadWeights(network, tensors);
  const names = new Set([...network.parameters, ...network.statistics].map(({ name }) => name));
  for (const [name, { shape, data }] of tensors) {
    if (names.has(name)) {
      requireFinite(name, data as Float32Array);
      continue;
    }
    const message = `the weights hold ${name} [${shape}], which the network has not: they are of another network`;
    throw new FastpathError('weights.surplus', message);
  }
}

function requireFinite(name: string, data: Float32Array): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  const message = `the weights have ${data[at]} in ${name}: train the network again, or give other weights`;
  throw new FastpathError('weights.not-finite', message);
}

/** What a weights file holds: everything but momentum. */
export function readWeights({ parameters, statistics }: Trainable): Map<string, Tensor> {
  return read([...parameters, ...statistics]);
}

function read(variables: readonly Variable[]): Map<string, Tensor> {
  return new Map(variables.map((variable) => [variable.name, { shape: variable.value.shape, data: variable.read() }]));
}

function valuesOf(tensors: ReadonlyMap<string, Tensor>, { name, value }: Variable): Float32Array {
  const tensor = tensors.get(name);
  if (!(tensor?.data instanceof Float32Array)) {
    throw new FastpathError(
      'weights.missing',
      `the weights hold no float32 tensor ${name} [${value.shape}]; they are of another network`,
    );
  }
  if (tensor.shape.join() !== value.shape.join()) {
    const message = `the weights have ${name} as [${tensor.shape}] where the network needs [${value.shape}]: they are of another network`;
    throw new FastpathError('weights.shape', message);
  }
  return tensor.data;
}
