/**
 * @file Models from the object store beside those that ship: public hardware and the asking tenant's own. Which version
 * counts is looked up again once in a while; a version itself never changes. What is held is bounded.
 */
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { publicTenant } from '../../shared/contract/tenants.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import {
  hardwareOfLatest,
  type LatestModel,
  latestKey,
  modelsFolder,
  versionKey,
} from '../../shared/store/hardware-keys.ts';
import type { ReadObject } from './mirrored-keys.ts';
import type { Caller, Listed, ModelSource, ServedModel } from './ports.ts';

export interface ModelObjects {
  read: ReadObject;
  /** keys of all objects in a folder, which ends in a slash */
  list(folder: string): AsyncIterable<string> | Promise<Iterable<string>>;
}

export interface StoredModelOptions {
  /** how long a look-up holds: a new model counts after that at the latest */
  keepMs: number;
  /** compiled models held, about half a megabyte each */
  mostModels: number;
  /** the time in ms since 1970 */
  nowMs(): number;
}

export interface StoredModels extends ModelSource {
  /** Looks the tenant's hardware up anew when it is asked for next. */
  forget(tenant: string): void;
}

/** Look-ups held, also those that found nothing; a flood of made-up ids pushes out the oldest. */
const mostLookUps = 10_000;
/** Of what can be in the store. */
const hardwareId = /^[a-z0-9][a-z0-9-]{0,99}$/;

/** @param shipped found first, and without asking the store: its ids are taken by no other hardware */
export function storedModels(
  shipped: ModelSource,
  { read, list }: ModelObjects,
  { keepMs, mostModels, nowMs }: StoredModelOptions,
): StoredModels {
  const latest = new Kept<LatestModel | null>(mostLookUps);
  const lists = new Kept<readonly LatestModel[]>(mostLookUps);
  const compiled = new Kept<FittedLatencyModel | null>(mostModels);

  const latestOf = (tenant: string, id: string) =>
    latest.get(latestKey(modelsFolder(tenant), id), nowMs(), keepMs, async (key) => json<LatestModel>(await read(key)));

  const listOf = (tenant: string) =>
    lists.get(modelsFolder(tenant), nowMs(), keepMs, async (folder) => {
      const ids: string[] = [];
      for await (const key of await list(folder)) {
        const id = hardwareOfLatest(key);
        if (id !== null) ids.push(id);
      }
      const all = await Promise.all(ids.map((id) => latestOf(tenant, id)));
      return all.filter((each) => each !== null);
    });

  const findOf = async (tenant: string, id: string): Promise<FittedLatencyModel | null> => {
    const named = await latestOf(tenant, id);
    if (named === null) return null;
    const key = versionKey(modelsFolder(tenant), id, named.version);
    const model = await compiled.get(key, nowMs(), Number.POSITIVE_INFINITY, async () => {
      const data = json<LatencyModelData>(await read(key));
      return data === null ? null : new FittedLatencyModel(data);
    });
    if (model === null) compiled.drop(key);
    return model;
  };

  return {
    async list(caller: Caller): Promise<readonly Listed[]> {
      const byId = new Map<string, Listed>();
      // An id that is both public and one's own means one's own, as it did before it became public.
      for (const tenant of new Set([publicTenant, caller.tenant])) {
        const scope = tenant === publicTenant ? 'public' : 'own';
        for (const { hardware, version } of await listOf(tenant)) {
          byId.set(hardware.id, { hardware, modelVersion: version, scope });
        }
      }
      for (const each of await shipped.list(caller)) byId.set(each.hardware.id, each);
      return [...byId.values()].sort((a, b) => (a.hardware.id < b.hardware.id ? -1 : 1));
    },
    async find(id: string, caller: Caller): Promise<ServedModel | null> {
      const known = await shipped.find(id, caller);
      if (known !== null || !hardwareId.test(id)) return known;
      for (const tenant of new Set([caller.tenant, publicTenant])) {
        const model = await findOf(tenant, id);
        if (model !== null) return { model, audience: tenant === publicTenant ? 'public' : 'tenant' };
      }
      return null;
    },
    forget(tenant: string): void {
      latest.dropFolder(modelsFolder(tenant));
      lists.dropFolder(modelsFolder(tenant));
    },
  };
}

/** Answers by key, each asked for once at a time; where there are too many, the one used longest ago goes first. */
class Kept<T> {
  private readonly answers = new Map<string, { value: Promise<T>; askedMs: number }>();

  constructor(private readonly most: number) {}

  get(key: string, nowMs: number, keepMs: number, ask: (key: string) => Promise<T>): Promise<T> {
    const held = this.answers.get(key);
    // The age counts from before the read: what changed while it ran is seen that much later.
    this.answers.delete(key);
    if (held !== undefined && nowMs - held.askedMs < keepMs) {
      this.answers.set(key, held);
      return held.value;
    }
    if (this.answers.size >= this.most) this.answers.delete(this.answers.keys().next().value!);
    const value = ask(key);
    const answer = { value, askedMs: nowMs };
    this.answers.set(key, answer);
    // A failure is told to all who wait for it, and asked again next time.
    value.catch(() => {
      if (this.answers.get(key) === answer) this.answers.delete(key);
    });
    return value;
  }

  drop(key: string): void {
    this.answers.delete(key);
  }

  dropFolder(folder: string): void {
    for (const key of this.answers.keys()) if (key.startsWith(folder)) this.answers.delete(key);
  }
}

/** Null for what is cut short, too: whoever writes models writes that one anew. */
function json<T>(bytes: Uint8Array | null): T | null {
  if (bytes === null) return null;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch {
    return null;
  }
}
