import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseList, processorName, whilePinned } from './processors.ts';

test.each<[string, number[]]>([
  ['0', [0]],
  ['0-3', [0, 1, 2, 3]],
  ['0,2-4,7', [0, 2, 3, 4, 7]],
])('the list %s', (list, numbers) => {
  expect(parseList(list)).toEqual(numbers);
});

test('the processor has a name without marks', () => {
  expect(processorName()).toMatch(/\w/);
  expect(processorName()).not.toMatch(/\(R\)|\(TM\)|@/);
});

test.runIf(process.platform === 'linux')('a process is held on its last processor, its children too', () => {
  const code = `
    import { readFileSync } from 'node:fs';
    import { execFileSync } from 'node:child_process';
    const { pinProcess } = await import(${JSON.stringify(new URL('./processors.ts', import.meta.url).href)});
    const affinity = await pinProcess(1);
    const allowed = (status) => /Cpus_allowed_list:\\s*(\\S+)/.exec(status)[1];
    const child = execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' });
    console.log(JSON.stringify([affinity, allowed(readFileSync('/proc/self/status', 'utf8')), allowed(child)]));`;
  const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  const [affinity, own, child] = JSON.parse(said);
  expect(affinity).toEqual({ processors: expect.stringMatching(/^\d+$/), pinned: true });
  expect([own, child]).toEqual([affinity.processors, affinity.processors]);
});

test.runIf(process.platform === 'linux')(
  'held for a while only: afterwards it runs where it could before',
  async () => {
    const allowed = () => /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
    const before = allowed();
    expect(await whilePinned(1, async () => allowed())).toBe(String(parseList(before).at(-1)));
    expect(allowed()).toBe(before);
    await expect(
      whilePinned(1, async () => {
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    expect(allowed()).toBe(before);
  },
);
