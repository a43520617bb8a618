/** @file The page: from the code in its address to a measured device. */
import { latencyLimits } from '../../../../shared/contract/latency-limits.ts';
import { FastpathError } from '../../../../shared/errors.ts';
import { runSession } from '../../../../shared/latency/measuring/session.ts';
import { MeasuringWork } from '../../../../shared/latency/measuring/work.ts';
import { SessionApi, swapCode } from './api.ts';
import { keepAwake } from './awake.ts';
import { browserTag } from './browser-tag.ts';
import { driftSoFar, measurementsOf, scheduleOfPlan, visitsOf } from './measuring.ts';
import { shownNetworks, showResult } from './result.ts';
import { beganOtherwise, forgetMeasuring, type Measuring, savedMeasuring, saveMeasuring } from './saved.ts';
import { SeenRunner, Sight } from './seen.ts';
import { type Backend, backendNames, type DeviceNames, hardwareIdOf, hardwareOf, namesOf } from './this-device.ts';
import { element, unsteady, View } from './view.ts';
import { WorkerRunner } from './worker-runner.ts';

/** Where the server has the worker's script, ONNX Runtime's files and what it calls that. */
const { worker, runtimeFolder, library } = element('start').dataset as Record<
  'worker' | 'runtimeFolder' | 'library',
  string
>;
const redrawMs = 250;
const view = new View();

addEventListener('hashchange', () => location.reload());
begin().catch(fail);

async function begin(): Promise<void> {
  const code = location.hash.slice(1);
  const saved = savedMeasuring(new Date());
  if (saved !== null && (code === '' || code === saved.code)) {
    await offer(saved.code, saved.backend);
    await goOn(saved);
  } else if (code === '') view.warn('This page needs a link with a code: make one where you have your API key.');
  else await offer(code);
}

/**
 * Lets whoever holds the device name it, choose a backend where there is a choice, and begin.
 * @param begun with which an earlier page began
 */
async function offer(code: string, begun?: Backend): Promise<void> {
  const names = await ownNames();
  const [device, webgpu] = [element('device') as HTMLInputElement, element('webgpu') as HTMLInputElement];
  const mayWebGpu = begun === 'webgpu' || (await hasWebGpu());
  device.value = names.device;
  webgpu.checked = mayWebGpu && begun !== 'wasm';
  element('backends').hidden = !mayWebGpu;
  view.show('start');
  (element('start') as HTMLFormElement).onsubmit = (event) => {
    event.preventDefault();
    const backend = webgpu.checked ? 'webgpu' : 'wasm';
    // What broke off after the code was used goes on without it.
    const saved = savedMeasuring(new Date());
    const named = { ...names, device: device.value.trim() };
    (saved?.code === code ? goOnWith(backend, saved) : measure(code, named, backend)).catch(fail);
  };
}

async function goOnWith(backend: Backend, saved: Measuring): Promise<void> {
  if (saved.backend === backend) return goOn(saved);
  view.warn(beganOtherwise(saved.backend, backend));
}

async function measure(code: string, names: DeviceNames, backend: Backend): Promise<void> {
  const runner = await openRunner(backend);
  try {
    const id = hardwareIdOf(names, backend, latencyLimits.hardwareIdCharacters);
    const session = await swapCode(code, hardwareOf(names, backend, `${library}, ${backendNames[backend]}`, id));
    const plan = await apiOf(session).plan();
    const measuring = { code, session, backend, plan, samplesUs: [] };
    saveMeasuring(measuring);
    await finish(measuring, runner);
  } finally {
    await runner.close();
  }
}

/** A page that was loaded again takes up what its forerunner left. */
async function goOn(measuring: Measuring): Promise<void> {
  const runner = await openRunner(measuring.backend);
  try {
    await finish(measuring, runner);
  } finally {
    await runner.close();
  }
}

async function openRunner(backend: Backend): Promise<WorkerRunner> {
  view.warn('');
  view.show('running');
  view.progress(null, null);
  view.say('Loading ONNX Runtime …');
  return WorkerRunner.open(worker, backend, runtimeFolder);
}

async function finish(measuring: Measuring, runner: WorkerRunner): Promise<void> {
  const { plan, session, samplesUs } = measuring;
  const schedule = scheduleOfPlan(plan);
  const letSleep = keepAwake();
  try {
    await time(measuring, runner);
  } finally {
    letSleep();
  }
  const measurements = measurementsOf(plan, schedule, samplesUs, session.sessionId);
  const api = apiOf(session);
  view.say('Sending what was measured …');
  await api.upload(measurements);
  view.warn('');
  view.say('Fitting the latency model …');
  const model = await api.model();
  showResult(model, shownNetworks(plan, measurements, model));
  view.warn(driftSoFar(plan, schedule, samplesUs)?.unstable === true ? unsteady : '');
  view.show('result');
  view.say('Done: the latency of this device is known.');
}

/** Adds to the timings until the schedule is done. */
async function time({ samplesUs, ...measuring }: Measuring, runner: WorkerRunner): Promise<void> {
  const { plan } = measuring;
  const schedule = scheduleOfPlan(plan);
  const words = 'Measuring: leave this page open and the device alone.';
  const sight = new Sight((seen) => view.say(seen ? words : 'Waiting for this page to be seen again …'));
  view.say('Preparing the networks …');
  let work: MeasuringWork | undefined;
  let drawnMs = Number.NEGATIVE_INFINITY;
  await runSession(schedule, samplesUs, new SeenRunner(runner, sight), visitsOf(plan), {
    stopped: () => false,
    visited: (visits) => {
      if (performance.now() - drawnMs < redrawMs) return;
      // From the first visit on: what it took to prepare the networks says nothing about the time left.
      if (work === undefined) view.say(words);
      work ??= new MeasuringWork(schedule, visits);
      drawnMs = performance.now();
      view.progress(work.fraction(visits), work.secondsLeft(visits));
      view.steadiness(driftSoFar(plan, schedule, samplesUs));
    },
    save: async (samples) => saveMeasuring({ ...measuring, samplesUs: [...samples] }),
  });
}

function apiOf(session: Measuring['session']): SessionApi {
  return new SessionApi(session, () =>
    view.warn('No connection to the service: what was measured is kept here, and sent once it is back.'),
  );
}

/** Only some browsers tell the model, and only pages that came over https. */
interface ClientHints {
  userAgentData?: { getHighEntropyValues(of: string[]): Promise<{ model?: string }> };
}

async function ownNames(): Promise<DeviceNames> {
  const hints = await (navigator as ClientHints).userAgentData?.getHighEntropyValues(['model']).catch(() => null);
  const { userAgent, maxTouchPoints } = navigator;
  return namesOf({ userAgent, maxTouchPoints, model: hints?.model ?? '' }, browserTag());
}

async function hasWebGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter !== undefined && adapter !== null;
}

/** Codes of problems that only a new link helps against. */
const over = ['session.code', 'auth.unauthenticated'];

function fail(error: unknown): void {
  const isOver = error instanceof FastpathError && over.includes(error.code);
  if (isOver) forgetMeasuring();
  view.show(isOver ? null : 'start');
  view.say('');
  view.warn(error instanceof Error ? error.message : String(error));
}
