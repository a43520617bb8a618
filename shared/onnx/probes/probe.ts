/** @file A model that is timed to learn what operators cost. */
export interface Probe {
  /** unique among probes of one seed */
  key: string;
  /** a network, not one operator */
  whole: boolean;
  /** its ONNX file */
  write(): Uint8Array;
}
