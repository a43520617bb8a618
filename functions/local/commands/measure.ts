/**
 * @file `fastpath measure`: times parts and whole networks on this machine, and makes it known as hardware, here or at a
 * service.
 */
import { assembleTable } from '../../../shared/latency/measuring/assemble-table.ts';
import { measuringSize, visits } from '../../../shared/latency/measuring/method.ts';
import { type MeasuringPlan, planMeasuring } from '../../../shared/latency/measuring/plan.ts';
import type { Runner } from '../../../shared/latency/measuring/runner.ts';
import { type Sitting, scheduleOf } from '../../../shared/latency/measuring/schedule.ts';
import { runSession, samplesByModel, visitCount } from '../../../shared/latency/measuring/session.ts';
import { steadied } from '../../../shared/latency/measuring/steady.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';
import { methodOf } from '../measure/method.ts';
import { openRunner } from '../measure/open-runner.ts';
import { checkOutFile, writeOutFile } from '../measure/out-file.ts';
import { pinProcess, processorName } from '../measure/processors.ts';
import { MeasuringProgress } from '../measure/progress.ts';
import { printReport, resultLine } from '../measure/report.ts';
import { contextRequests, hardwareOf, type MeasureFlags, operatorsOf } from '../measure/request.ts';
import { SavedSession } from '../measure/saved-session.ts';
import type { ApiFlags } from '../remote/connect.ts';
import { interruptedExitCode, onStopSignal } from '../signals.ts';

/**
 * The exit code: 0 with the hardware known, 130 when stopped by a signal; the same command then goes on.
 * @throws FastpathError with the line to show
 */
export async function measure(flags: MeasureFlags & ApiFlags, console: Console): Promise<number> {
  const { seed, threads, runtime, out, rounds = measuringSize[flags.plan].rounds, json = false } = flags;
  const operators = operatorsOf(flags);
  const plan: MeasuringPlan = { ...planMeasuring(flags.plan, await contextRequests(flags), seed), ...operators };
  const schedule = scheduleOf(plan, { rounds, seed });
  if (out !== undefined) await checkOutFile(out);
  const there =
    flags.api === undefined ? null : await (await import('../remote/hardware.ts')).HardwareThere.open(flags);
  const registry = there ?? openRegistry();
  const affinity = await pinProcess(threads);
  const runner = await openRunner(flags);
  let session: SavedSession | undefined;
  try {
    const hardware = hardwareOf(flags, processorName(), runner.conditions.runtime);
    await registry.checkSavable(hardware);
    session = await SavedSession.open({ plan, rounds, seed, visits, hardware });
    const samplesUs = await session.load(visitCount(schedule));
    if (!(await time(schedule, samplesUs, runner, session, json, console))) return interruptedExitCode;
    const { clockStepUs, webAssembly, channelBlock = 0 } = runner.conditions;
    const table = assembleTable({
      hardware,
      measuredAt: new Date().toISOString(),
      method: methodOf(runtime, plan, rounds, seed),
      conditions: { ...affinity, clockStepUs, webAssembly },
      plan,
      channelBlock,
      probesUs: steadied(schedule, samplesUs),
      samplesUs: samplesByModel(schedule, samplesUs),
    });
    await registry.saveTable(table);
    if (out !== undefined) await writeOutFile(out, table);
    await session.forget();
    const fitted = await there?.fitted(hardware.id);
    if (json) writeJson(console, { ...resultLine(table, out), ...(fitted && { service: fitted }) });
    else printReport(table, out, console);
    if (fitted && !json) writeLine(console.out, (await import('../remote/hardware.ts')).modelLine(fitted));
    return 0;
  } finally {
    await session?.release();
    await runner.close();
  }
}

/** Carries on from `samplesUs`, which grows. @returns false when it was stopped */
async function time(
  schedule: readonly Sitting[],
  samplesUs: number[],
  runner: Runner,
  session: SavedSession,
  json: boolean,
  console: Console,
): Promise<boolean> {
  const all = visitCount(schedule);
  if (samplesUs.length > 0) writeLine(console.err, `going on after ${samplesUs.length} of ${all} visits`);
  const progress = new MeasuringProgress(schedule, samplesUs.length, console, json);
  const signals = onStopSignal((times) => {
    // What the last round left is saved; a second signal is from someone who will not wait.
    if (times > 1) process.exit(interruptedExitCode);
  });
  try {
    const done = await runSession(schedule, samplesUs, runner, visits, {
      stopped: () => signals.received(),
      visited: (count) => progress.show(count),
      save: (samples) => session.save(samples),
    });
    progress.clear();
    if (!done) writeLine(console.err, `stopped after ${samplesUs.length} of ${all} visits: the same command goes on`);
    return done;
  } finally {
    signals.release();
  }
}
