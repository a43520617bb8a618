/** @file The worker that times. Nothing else runs in it, and the page stays free to answer whoever looks at it. */
import { OrtRunner } from './ort-runner.ts';
import type { Question, Reply } from './questions.ts';

let runner: OrtRunner;

addEventListener('message', async ({ data }: MessageEvent<Question>) => {
  const reply: Reply = await answer(data).then(
    (answered) => ({ answer: answered }),
    (error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }),
  );
  postMessage(reply);
});

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'open':
      runner = await OrtRunner.open(...question.of);
      return runner.conditions;
    case 'load':
      return runner.load(...question.of);
    case 'visit':
      return runner.visit(...question.of);
    case 'output':
      return runner.output(...question.of);
  }
}
