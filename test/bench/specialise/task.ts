/** @file Work in a process of its own: what it is asked comes on its standard input, its answer on standard output. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';

/**
 * @param script beside this file, without its ending
 * @throws Error where the process failed; what it had to say is on standard error
 */
export async function runTask<Answer extends z.ZodType>(
  script: string,
  question: unknown,
  answer: Answer,
): Promise<z.infer<Answer>> {
  const file = join(import.meta.dirname, `${script}.ts`);
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    env: { ...process.env, FASTPATH_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // It has nothing to save beyond what it keeps as it goes.
  process.once('exit', () => child.kill());
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  child.stdin.end(JSON.stringify(question));
  const [said, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new Error(`${script} ended with code ${code}: the same command goes on`);
  return answer.parse(JSON.parse(said.trimEnd().split('\n').at(-1)!));
}

/** The other side: answers with one line. */
export async function answerTask<Question extends z.ZodType>(
  question: Question,
  answer: (asked: z.infer<Question>) => Promise<unknown> | unknown,
): Promise<void> {
  console.log(JSON.stringify(await answer(question.parse(JSON.parse(await text(process.stdin))))));
}
