/** @file How much one latency request may ask for; apart from its schema, so that the service needs no zod for it. */
export const latencyLimits = {
  bodyBytes: 8_000_000,
  architectures: 2_000,
  hardware: 50,
  blocks: 200,
  /** architectures × hardware */
  predictions: 20_000,
  /** the same where every block's latency is asked for */
  predictionsWithBlocks: 1_000,
  /** of widths, pixels, classes and expansions: no network is near it, and all arithmetic stays finite below it */
  number: 1_000_000,
  hardwareIdCharacters: 100,
  /** of an ONNX model's input */
  inputAxes: 8,
} as const;
