/** @file Facts side by side: what each is called, and what it is. */
import type { Child } from 'hono/jsx';

export type Fact = readonly [name: string, value: Child];

export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
