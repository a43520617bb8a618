/** @file What FASTPATH_KERNELS may say; which kernels run is tested where TensorFlow is, in test/services. */
import { afterEach, expect, test, vi } from 'vitest';
import { insistedKernels } from './choose-kernels.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('kernels are insisted on by name or not at all', () => {
  vi.stubEnv('FASTPATH_KERNELS', undefined);
  expect(insistedKernels()).toBeNull();
  vi.stubEnv('FASTPATH_KERNELS', 'stock');
  expect(insistedKernels()).toBe('stock');
  vi.stubEnv('FASTPATH_KERNELS', 'fast');
  expect(insistedKernels).toThrow(/FASTPATH_KERNELS is fast; set it to compiled or stock/);
});
