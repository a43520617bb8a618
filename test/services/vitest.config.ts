import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const timeouts = { testTimeout: 180_000, hookTimeout: 120_000 };

/** Tests of what runs on a backend, on TensorFlow with one kind of kernels; `npm test` runs them on WebAssembly. */
function onTensorFlow(kernels: 'compiled' | 'stock'): TestProjectInlineConfiguration {
  return {
    test: {
      name: `tensorflow, ${kernels} kernels`,
      include: [
        'batch/backend/{ops,gradients,backend}.test.ts',
        'batch/network/*.test.ts',
        'batch/supernet/supernet.test.ts',
      ],
      env: { FASTPATH_TEST_BACKEND: 'tensorflow', FASTPATH_KERNELS: kernels },
      sequence: { groupOrder: 1 },
      ...timeouts,
    },
  };
}

const native = 'test/services/native-{training,images}.test.ts';
const timing = 'test/services/{measure-device-accuracy,verify}.test.ts';

/** Tests against services and packages that `npm ci` does not bring: see requirements.txt. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'services',
          include: ['{test/services,infra}/**/*.test.ts'],
          exclude: [native, timing],
          ...timeouts,
        },
      },
      // Behind native-setup.test.ts, which brings TensorFlow and compiles the kernels.
      { test: { name: 'native', include: [native], sequence: { groupOrder: 1 }, ...timeouts } },
      // Workers choose the fastest backend there is: killed and resumed ones end with the same bits on it, too.
      { test: { name: 'faults', include: ['test/fault/*.test.ts'], sequence: { groupOrder: 2 }, ...timeouts } },
      // What networks take is seen on a machine that does nothing else.
      { test: { name: 'timing', include: [timing], sequence: { groupOrder: 3 }, maxWorkers: 1, ...timeouts } },
      onTensorFlow('compiled'),
      onTensorFlow('stock'),
    ],
  },
});
