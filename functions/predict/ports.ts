/** @file What the prediction service is given: models, who may ask, where use is counted, how a body is read. */
import type { Hardware } from '../../shared/contract/latency.ts';
import type { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import type { onnxAnswer } from './onnx-answer.ts';

export interface Caller {
  /** whose hardware is seen beside the public one, and whose use is metered */
  tenant: string;
}

export interface ServedModel {
  model: FittedLatencyModel;
  /** whether anyone may see it, caches on the way included */
  audience: 'public' | 'tenant';
}

export interface ModelSource {
  /** all hardware the caller may ask about */
  list(caller: Caller): readonly Listed[] | Promise<readonly Listed[]>;
  /** null where there is none such, or none that the caller may see */
  find(id: string, caller: Caller): ServedModel | null | Promise<ServedModel | null>;
}

export interface Listed {
  hardware: Hardware;
  modelVersion: string;
  scope: 'public' | 'own';
}

/** @throws FastpathError `auth.unauthenticated` (401) or `auth.forbidden` (403) */
export type Authorize = (request: Request) => Caller | Promise<Caller>;

export interface Use {
  tenant: string;
  requestId: string;
  predictions: number;
}

/** Called once an answer is ready; returns at once and never throws. */
export type Meter = (use: Use) => void;

/** What the chunks of a body become. */
export interface BodyParts<T> {
  /** @throws FastpathError `request.too-large` as soon as more have come than may; `request.not-utf8` */
  add(chunk: Uint8Array): void;
  end(): T;
}

/**
 * The body of a request, read to its end.
 * @param env what the runtime handed over beside the request
 * @throws what `body` throws
 */
export type ReadBody = <T>(request: Request, body: BodyParts<T>, env: unknown) => Promise<T>;

export interface PredictOptions {
  models: ModelSource;
  authorize: Authorize;
  meter: Meter;
  readBody: ReadBody;
  /** `onnxAnswer`; null where another function answers ONNX models, and their readers are not to be loaded */
  onnx: typeof onnxAnswer | null;
  /** the answer to a request that failed; absent: by the codes known here */
  problem?: (error: unknown, requestId: string) => Response;
}
