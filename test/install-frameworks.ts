/** @file Brings the Pythons with PyTorch and TensorFlow that tests and benchmarks use, where they are missing. */
import { frameworks, pythonOf, pytorch } from './python-environment.ts';

for (const environment of [pytorch, frameworks]) console.log(pythonOf(environment));
