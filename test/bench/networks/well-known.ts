/** @file Well-known networks as ONNX files with random weights: one image of 224 × 224, 1,000 classes. */
import { CnnBuilder, type Tensor } from '../../../shared/onnx/cnn-builder.ts';
import { denseNet121, googLeNet, regNetX400, regNetY400, resNet18, resNet50, squeezeNet } from './dense.ts';
import {
  efficientNetB0,
  ghostNet,
  mnasNetA1,
  mobileNetV1,
  mobileNetV2,
  mobileNetV3Large,
  shuffleNetV2,
} from './mobile.ts';

export const wellKnownNetworks: Readonly<Record<string, (b: CnnBuilder, image: Tensor) => Tensor>> = {
  MobileNetV1: mobileNetV1,
  MobileNetV2: mobileNetV2,
  'MobileNetV3-Large': mobileNetV3Large,
  'EfficientNet-B0': efficientNetB0,
  'MnasNet-A1': mnasNetA1,
  GhostNet: ghostNet,
  'ShuffleNetV2 1.0': shuffleNetV2,
  'ResNet-18': resNet18,
  'ResNet-50': resNet50,
  'RegNetX-400MF': regNetX400,
  'RegNetY-400MF': regNetY400,
  'DenseNet-121': denseNet121,
  'SqueezeNet 1.1': squeezeNet,
  GoogLeNet: googLeNet,
};

export function wellKnownOnnx(name: string): Uint8Array {
  const builder = new CnnBuilder();
  return builder.finish(name, [wellKnownNetworks[name]!(builder, builder.input(1, 3, 224, 224))]);
}
