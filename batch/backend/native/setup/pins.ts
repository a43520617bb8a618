/** @file The exact versions that `setup:native` brings, all in one place. */
import { FastpathError } from '../../../../shared/errors.ts';

export type Flavour = 'cpu' | 'gpu';

/** The package is the same version as `tfjs-core`: both share one engine. */
export const packageVersion = '4.22.0';

export const packageNames: Record<Flavour, string> = {
  cpu: '@tensorflow/tfjs-node',
  gpu: '@tensorflow/tfjs-node-gpu',
};

/** A Python wheel whose shared libraries hold TensorFlow. Its Python code is not used, so any Python can fetch it. */
export interface WheelPin {
  name: string;
  version: string;
  /** What `pip download` needs to choose the same file whatever Python runs it. */
  tags: readonly string[];
  /** NVIDIA's libraries that TensorFlow loads when it starts, as pip requirements. */
  cudaLibraries: readonly string[];
}

const version = '2.21.0';

const cudaLibraries = [
  'nvidia-cublas-cu12==12.9.3.13',
  'nvidia-cuda-cupti-cu12==12.9.79',
  'nvidia-cuda-nvcc-cu12==12.9.86',
  'nvidia-cuda-nvrtc-cu12==12.9.86',
  'nvidia-cuda-runtime-cu12==12.9.79',
  'nvidia-cudnn-cu12==9.28.0.42',
  'nvidia-cufft-cu12==11.4.1.4',
  'nvidia-curand-cu12==10.3.10.19',
  'nvidia-cusolver-cu12==11.7.5.82',
  'nvidia-cusparse-cu12==12.5.10.65',
  'nvidia-nccl-cu12==2.32.3',
  'nvidia-nvjitlink-cu12==12.9.86',
];

/** @throws FastpathError `native.platform` where TensorFlow publishes no such wheel */
export function wheelFor(flavour: Flavour, platform: NodeJS.Platform, arch: string): WheelPin {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[arch];
  if (platform !== 'linux' || machine === undefined || (flavour === 'gpu' && arch !== 'x64')) {
    const device = flavour === 'gpu' ? 'GPU' : 'CPU';
    throw new FastpathError(
      'native.platform',
      `Native TensorFlow for the ${device} cannot be set up on ${platform} ${arch}; the WebAssembly backend needs no setup`,
    );
  }
  const python = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];
  return {
    name: flavour === 'cpu' && arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow',
    version,
    tags: [...python, '--platform', `manylinux_2_27_${machine}`],
    cudaLibraries: flavour === 'gpu' ? cudaLibraries : [],
  };
}
