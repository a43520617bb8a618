/** @file Why a search failed, and whose fault that is. */
import type { ProgressRecord } from '../../../shared/contract/progress.ts';

export interface Reason {
  code: string;
  message: string;
}

/**
 * What a customer chose: images and the role that opens them, budgets, space, schedule. Everything else that fails is
 * ours, and not charged: the disk that images are cached on, too.
 */
const customersOwn =
  /^((?!data\.cache$)(data|budget|space|architecture|latency|loss|train|warm-start)\.[a-z.-]+|store\.role-[a-z]+)$/;

export function isCustomersFault({ code }: Pick<Reason, 'code'>): boolean {
  return customersOwn.test(code);
}

/**
 * @param records the end of its progress
 * @param resultProblem why what it left is no result
 * @param queueReason the queue's words
 */
export function failureReason(
  records: readonly ProgressRecord[],
  resultProblem: string | null,
  queueReason: string | null,
): Reason {
  if (resultProblem !== null) return { code: 'result.invalid', message: `the result cannot be read: ${resultProblem}` };
  const last = records.at(-1);
  if (last?.type === 'error' && /^[a-z-]+(\.[a-z-]+)+$/.test(last.code) && last.code.length <= 60) {
    return { code: last.code, message: oneLine(last.message) };
  }
  const why = queueReason === null ? '' : ` (${oneLine(queueReason)})`;
  return { code: 'worker.died', message: `the worker ended without a result${why}: order the search again` };
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 500);
}
