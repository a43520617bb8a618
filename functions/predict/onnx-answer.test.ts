/** @file Predictions of one ONNX model on many hardware. */
import { expect, test, vi } from 'vitest';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { file, image, node } from '../../shared/onnx/test-model.ts';
import { writeNetwork } from '../../shared/onnx/write-network.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { onnxAnswer } from './onnx-answer.ts';

const model = new FittedLatencyModel(builtInModels[0]!);
const { id } = model.hardware;
const named = (times: number) => new Array<string>(times).fill(id);

test('hardware that is named again is answered again, and predicted once', () => {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  const architecture = pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
  const bytes = writeNetwork(architecture, { seed: 1 });
  const predict = vi.spyOn(model, 'predict');
  const query = { hardware: named(3), blocks: true };
  const { predictions } = JSON.parse(onnxAnswer(bytes, query, [model, model, model]));
  expect(predictions).toHaveLength(3);
  expect(predictions[0]).toMatchObject({ architecture: 0, hardware: id, blocks: expect.any(Array) });
  expect(predictions[1]).toEqual(predictions[0]);
  expect(predict).toHaveBeenCalledTimes(1);
});

test('no answer lists more operators than any network has on many hardware', () => {
  const nodes = Array.from({ length: 5_000 }, (_, i) => node('Softmax', [i === 0 ? 'x' : `t${i - 1}`], [`t${i}`]));
  const bytes = file(image, ...nodes);
  const models = named(50).map(() => model);
  const whole = JSON.parse(onnxAnswer(bytes, { hardware: named(50), blocks: false }, models));
  expect(whole.predictions).toHaveLength(50);
  expect(() => onnxAnswer(bytes, { hardware: named(50), blocks: true }, models)).toThrow(
    'query: blocks on 50 hardware are more than 200000 operators: ask for fewer hardware at once',
  );
});
