/**
 * @file What `POST /v1/latency` takes in its query where its body is an ONNX model. Read by hand, as the service does
 * everywhere; the same words are in the API's document.
 */
import { FastpathError } from '../errors.ts';
import { latencyLimits as limits } from './latency-limits.ts';
import { problemLine } from './problem.ts';

export interface OnnxQuery {
  /** ids */
  hardware: string[];
  /** dimensions of the model's input, where it leaves them open */
  input?: number[];
  /** every operator's latency too */
  blocks: boolean;
}

/** media type of the body */
export const onnxType = 'application/octet-stream';

/** Names that the query may have. */
export const onnxQueryFields = ['hardware', 'input', 'blocks'] as const;

/** @throws FastpathError `request.invalid` */
export function parseOnnxQuery(query: URLSearchParams): OnnxQuery {
  for (const name of query.keys()) {
    if (!(onnxQueryFields as readonly string[]).includes(name)) throw invalid(name, 'is not a known field');
  }
  const hardware = query.getAll('hardware');
  if (hardware.length === 0) throw invalid('hardware', 'is missing');
  if (hardware.length > limits.hardware) throw invalid('hardware', `must be given at most ${limits.hardware} times`);
  if (hardware.some((id) => id === '' || id.length > limits.hardwareIdCharacters)) {
    throw invalid('hardware', `must have 1 to ${limits.hardwareIdCharacters} characters`);
  }
  const [input, ...more] = query.getAll('input');
  if (more.length > 0) throw invalid('input', 'must be given once');
  const blocks = query.get('blocks') ?? 'false';
  if (blocks !== 'true' && blocks !== 'false') throw invalid('blocks', 'must be true or false');
  return { hardware, ...(input !== undefined && { input: parseInputDims(input) }), blocks: blocks === 'true' };
}

/** `1x3x224x224` → [1, 3, 224, 224]. @throws FastpathError `request.invalid` */
export function parseInputDims(text: string): number[] {
  const dims = text.split('x').map((part) => (/^[1-9]\d{0,6}$/.test(part) ? Number(part) : 0));
  const fit = dims.length <= limits.inputAxes && dims.every((dim) => dim > 0 && dim <= limits.number);
  if (!fit) throw invalid('input', 'must be dimensions such as 1x3x224x224');
  return dims;
}

function invalid(field: string, problem: string): FastpathError {
  return new FastpathError('request.invalid', problemLine('query', [field], problem));
}
