import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTerminal, newLife, nextStep, type SearchFact, type SearchLife, type SearchState } from './search-state.ts';

/** Written out again from the design, so that a slip in the module's own table shows. */
const legal = new Set([
  ...['queued>submitted', 'queued>failed', 'queued>cancelled'],
  ...['submitted>searching', 'submitted>failed', 'submitted>cancelled'],
  ...['searching>training', 'searching>succeeded', 'searching>failed', 'searching>cancelled', 'searching>stopped'],
  ...['training>succeeded', 'training>failed', 'training>cancelled', 'training>stopped'],
]);

const jobId = fc.constantFrom('a', 'b', 'c');
const anyFact: fc.Arbitrary<SearchFact> = fc.oneof(
  fc.record({ type: fc.constantFrom('submitted', 'claimed', 'running'), jobId }),
  fc.record({ type: fc.constant('phase' as const), phase: fc.constantFrom('searching', 'training') }),
  fc.record({ type: fc.constantFrom('cancel-requested', 'withdrawn') }),
  fc.record({
    type: fc.constant('ended' as const),
    jobId,
    outcome: fc.constantFrom('complete', 'cut-short', 'none'),
  }),
) as fc.Arbitrary<SearchFact>;

function run(facts: readonly SearchFact[], from: SearchLife = newLife): { life: SearchLife; states: SearchState[] } {
  let life = from;
  const states: SearchState[] = [from.state];
  for (const fact of facts) {
    const step = nextStep(life, fact);
    if (step.kind === 'moved') states.push(...step.passed);
    life = step.life;
  }
  return { life, states };
}

describe('any facts in any order', () => {
  it('take only the steps of the design, and the last state entered is the state', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 20 }), (facts) => {
        const { life, states } = run(facts);
        for (let i = 1; i < states.length; i++) expect(legal).toContain(`${states[i - 1]}>${states[i]}`);
        expect(life.state).toBe(states.at(-1));
      }),
      { numRuns: 2000 },
    );
  });

  it('change nothing once the search is over, and nothing when repeated at once', () => {
    fc.assert(
      fc.property(fc.array(anyFact, { maxLength: 20 }), anyFact, (facts, fact) => {
        const { life } = run(facts);
        const once = nextStep(life, fact);
        if (isTerminal(life.state)) expect(once).toEqual({ kind: 'refused', why: 'ended', life });
        expect(nextStep(once.life, fact)).toMatchObject({ kind: 'refused', life: once.life });
      }),
      { numRuns: 2000 },
    );
  });

  it('never take a job from the search that claimed it', () => {
    const others = fc.array(
      anyFact.filter(({ type }) => type !== 'claimed'),
      { maxLength: 15 },
    );
    fc.assert(
      fc.property(others, others, (before, after) => {
        const life = run(before).life;
        fc.pre(!isTerminal(life.state));
        const claimed = run([{ type: 'claimed', jobId: 'a' }], life).life;
        expect(run(after, claimed).life.jobId).toBe('a');
      }),
    );
  });
});

/**
 * A search as it really was: its jobs, of which one claimed it, how far that one came and what it left. `final` are the
 * facts that are true for ever once it is over: what a reconciler would find.
 */
interface History {
  cancelled: boolean;
  facts: SearchFact[];
  final: SearchFact[];
  end: SearchState;
}

const history: fc.Arbitrary<History> = fc
  .record({
    jobs: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    owner: fc.nat(2),
    claims: fc.boolean(),
    trains: fc.boolean(),
    outcome: fc.constantFrom('complete' as const, 'cut-short' as const, 'none' as const),
    cancelled: fc.boolean(),
  })
  .map(({ jobs, owner, claims, trains, outcome, cancelled }) => {
    const submitted = jobs.map((id): SearchFact => ({ type: 'submitted', jobId: id }));
    if (!claims) {
      const end = cancelled ? 'cancelled' : 'failed';
      return { cancelled, facts: submitted, final: [{ type: 'withdrawn' as const }], end };
    }
    const id = jobs[owner % jobs.length]!;
    const facts: SearchFact[] = [
      ...submitted,
      // Each job is seen running before it finds the claim taken.
      ...jobs.map((job): SearchFact => ({ type: 'running', jobId: job })),
      { type: 'phase', phase: 'searching' },
      ...(trains ? [{ type: 'phase', phase: 'training' } as const] : []),
    ];
    const final: SearchFact[] = [
      { type: 'claimed', jobId: id },
      { type: 'ended', jobId: id, outcome },
    ];
    const ends = { complete: 'succeeded', 'cut-short': 'stopped', none: cancelled ? 'cancelled' : 'failed' } as const;
    return { cancelled, facts, final, end: ends[outcome] };
  });

describe('a true history', () => {
  it('ends the same whatever is lost, repeated or reordered, once the final facts are in', () => {
    const withDelivery = history.chain((past) =>
      fc.record({
        past: fc.constant(past),
        // Some of what happened, some of it more than once, in any order, final facts among them.
        heard: fc
          .array(fc.constantFrom(...past.facts, ...past.final), { maxLength: 12 })
          // Whoever hears of an end reads the claim with it.
          .map((facts) => facts.flatMap((fact) => (fact.type === 'ended' ? past.final : [fact]))),
        // The final facts come in the order in which they are read: the claim, then the end.
        askedAt: fc.nat(12),
        cancelAt: fc.nat(12),
      }),
    );
    fc.assert(
      fc.property(withDelivery, ({ past, heard, askedAt, cancelAt }) => {
        // The customer's wish is written at once: it comes before the end, or it is refused.
        const firstEnd = heard.findIndex(({ type }) => type === 'ended' || type === 'withdrawn');
        const latest = firstEnd < 0 ? heard.length : firstEnd;
        const events = [...heard];
        if (past.cancelled) events.splice(Math.min(cancelAt, latest), 0, { type: 'cancel-requested' });
        const earliest = past.cancelled ? events.findIndex(({ type }) => type === 'cancel-requested') + 1 : 0;
        events.splice(Math.max(askedAt, earliest), 0, ...past.final);
        expect(run(events).life.state).toBe(past.end);
      }),
      { numRuns: 3000 },
    );
  });

  it('shows each state once when everything arrives in order', () => {
    const { states } = run([
      { type: 'submitted', jobId: 'a' },
      { type: 'running', jobId: 'a' },
      { type: 'phase', phase: 'training' },
      { type: 'ended', jobId: 'a', outcome: 'complete' },
    ]);
    expect(states).toEqual(['queued', 'submitted', 'searching', 'training', 'succeeded']);
  });

  it('passes through what it missed', () => {
    const { states } = run([{ type: 'ended', jobId: 'a', outcome: 'cut-short' }]);
    expect(states).toEqual(['queued', 'submitted', 'searching', 'stopped']);
    expect(run([{ type: 'withdrawn' }]).states).toEqual(['queued', 'failed']);
  });

  it('turns to the job that claimed it, and ignores the end of another', () => {
    const { life } = run([
      { type: 'submitted', jobId: 'a' },
      { type: 'running', jobId: 'a' },
      { type: 'claimed', jobId: 'b' },
      { type: 'ended', jobId: 'a', outcome: 'none' },
    ]);
    expect(life).toEqual({ state: 'searching', jobId: 'b', cancelRequested: false });
  });

  it('is delivered where the wish to cancel came too late', () => {
    const { life } = run([{ type: 'cancel-requested' }, { type: 'ended', jobId: 'a', outcome: 'complete' }]);
    expect(life.state).toBe('succeeded');
  });
});
