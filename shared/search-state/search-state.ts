/**
 * @file The life of a search as a pure state machine: facts in, the next state or a refusal out. Facts come from the
 * queue, the store and the customer; they may come twice, late, out of order or not at all. A fact that tells nothing
 * new is refused and changes nothing, one that runs ahead passes through the states between, and nothing leaves a
 * terminal state.
 */

export const runningStates = ['queued', 'submitted', 'searching', 'training'] as const;
export const terminalStates = ['succeeded', 'failed', 'cancelled', 'stopped'] as const;
export const searchStates = [...runningStates, ...terminalStates] as const;

export type RunningState = (typeof runningStates)[number];
export type TerminalState = (typeof terminalStates)[number];
export type SearchState = (typeof searchStates)[number];

/** Every step there is. A search without training goes from `searching` to its end. */
export const transitions: Readonly<Record<SearchState, readonly SearchState[]>> = {
  queued: ['submitted', 'failed', 'cancelled'],
  submitted: ['searching', 'failed', 'cancelled'],
  searching: ['training', 'succeeded', 'failed', 'cancelled', 'stopped'],
  training: ['succeeded', 'failed', 'cancelled', 'stopped'],
  succeeded: [],
  failed: [],
  cancelled: [],
  stopped: [],
};

export interface SearchLife {
  state: SearchState;
  /** the queue's job that executes this search, as far as known; the claim in the store has the last word */
  jobId: string | null;
  cancelRequested: boolean;
}

/** A whole result, the best one so far of a search that reached its limit, or none. */
export type Outcome = 'complete' | 'cut-short' | 'none';

export type SearchFact =
  /** the queue holds this job; of several sent for one search the first that is heard of counts, until one claims */
  | { type: 'submitted'; jobId: string }
  /** the claim in the store names this job: no other will ever execute the search */
  | { type: 'claimed'; jobId: string }
  | { type: 'running'; jobId: string }
  /** what the worker's progress says it is doing */
  | { type: 'phase'; phase: 'searching' | 'training' }
  | { type: 'cancel-requested' }
  /** the job is over for good, nobody else has claimed the search, and this is what lies in the store */
  | { type: 'ended'; jobId: string; outcome: Outcome }
  /** the claim was taken so that no job can ever execute the search */
  | { type: 'withdrawn' };

export type Refusal =
  /** the search is over */
  | 'ended'
  /** the fact is about a job that does not execute the search */
  | 'other-job'
  /** known already, or older than what is known */
  | 'stale';

export type Step =
  /** `passed`: the states entered, in order; empty where only the job or the wish to cancel changed */
  { kind: 'moved'; life: SearchLife; passed: SearchState[] } | { kind: 'refused'; why: Refusal; life: SearchLife };

export const newLife: SearchLife = { state: 'queued', jobId: null, cancelRequested: false };

export function isTerminal(state: SearchState): state is TerminalState {
  return transitions[state].length === 0;
}

/** What `fact` makes of `life`. Never throws; the same arguments always give the same step. */
export function nextStep(life: SearchLife, fact: SearchFact): Step {
  const refused = (why: Refusal): Step => ({ kind: 'refused', why, life });
  if (isTerminal(life.state)) return refused('ended');
  switch (fact.type) {
    case 'cancel-requested':
      return life.cancelRequested ? refused('stale') : moved({ ...life, cancelRequested: true }, life.state);
    case 'phase':
      // Without a known job there is nobody whose progress it could be; the job will be heard of.
      if (life.jobId === null) return refused('other-job');
      return isBehind(life.state, fact.phase) ? moved(life, fact.phase) : refused('stale');
    case 'withdrawn':
      return moved(life, life.cancelRequested ? 'cancelled' : 'failed');
    case 'claimed': {
      const state = isBehind(life.state, 'submitted') ? 'submitted' : life.state;
      if (life.jobId === fact.jobId && state === life.state) return refused('stale');
      return moved({ ...life, jobId: fact.jobId }, state);
    }
  }
  if (life.jobId !== null && life.jobId !== fact.jobId) return refused('other-job');
  const known = { ...life, jobId: fact.jobId };
  if (fact.type === 'ended') return moved(known, endOf(life, fact.outcome));
  const state = fact.type === 'running' ? 'searching' : 'submitted';
  return isBehind(life.state, state) ? moved(known, state) : refused('stale');
}

function endOf({ cancelRequested }: SearchLife, outcome: Outcome): TerminalState {
  if (outcome === 'complete') return 'succeeded';
  if (outcome === 'cut-short') return 'stopped';
  return cancelRequested ? 'cancelled' : 'failed';
}

function isBehind(state: SearchState, other: RunningState): boolean {
  return runningStates.indexOf(state as RunningState) < runningStates.indexOf(other);
}

/** `life` moved on to `to`, through the states between where `to` is not a step away. */
function moved(life: SearchLife, to: SearchState): Step {
  const passed: SearchState[] = [];
  let state = life.state;
  while (state !== to) {
    state = transitions[state].includes(to) ? to : runningStates[runningStates.indexOf(state as RunningState) + 1]!;
    passed.push(state);
  }
  return { kind: 'moved', life: { ...life, state }, passed };
}
