/** @file Whether a policy of AWS lets something pass: the few operators that our session policies use. */
import type { Policy, Statement } from '../../functions/credentials/session-policy.ts';

export interface Asked {
  action: string;
  resource: string;
  /** what conditions look at, by key */
  context?: Readonly<Record<string, string>>;
}

export function allows({ Statement: statements }: Policy, asked: Asked): boolean {
  const fitting = statements.filter((statement) => fits(statement, asked));
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === 'Allow');
}

function fits({ Action, Resource, Condition = {} }: Statement, { action, resource, context = {} }: Asked): boolean {
  if (![Action].flat().some((pattern) => like(pattern, action))) return false;
  if (![Resource].flat().some((pattern) => like(pattern, resource))) return false;
  return Object.entries(Condition).every(([operator, wanted]) => {
    if (operator !== 'StringLike' && operator !== 'StringEquals') throw new Error(`unknown operator ${operator}`);
    return Object.entries(wanted).every(([key, values]) => {
      const found = context[key];
      // What is not there fits nothing.
      if (found === undefined) return false;
      return [values].flat().some((value) => (operator === 'StringLike' ? like(value, found) : value === found));
    });
  });
}

function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
