/** @file Softmax cross-entropy over plain arrays: small beside everything else, so one float64 loop serves all backends. */

/**
 * Fills `gradient` [rows, classes] with (softmax(logits) − target)/rows and returns mean loss and hits.
 * target = (1 − smoothing)·onehot + smoothing/classes. NaN logits give a NaN loss.
 */
export function softmaxCrossEntropyRows(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
  smoothing: number,
  gradient: Float32Array,
): { loss: number; correct: number } {
  const rows = labels.length;
  const rest = smoothing / classes;
  let loss = 0;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const label = labels[row]!;
    let best = 0;
    let logitSum = 0;
    for (let c = 0; c < classes; c++) {
      const logit = logits[start + c]!;
      logitSum += logit;
      if (logit > logits[start + best]!) best = c;
    }
    if (best === label) correct++;
    const highest = logits[start + best]!;
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp(logits[start + c]! - highest);
    const logTotal = highest + Math.log(total);
    loss += logTotal - (1 - smoothing) * logits[start + label]! - rest * logitSum;
    for (let c = 0; c < classes; c++) {
      const target = rest + (c === label ? 1 - smoothing : 0);
      gradient[start + c] = (Math.exp(logits[start + c]! - logTotal) - target) / rows;
    }
  }
  return { loss: loss / rows, correct };
}
