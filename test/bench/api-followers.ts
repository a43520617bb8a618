/** @file Hundreds of followers of one search over HTTP: what they cost the server, and what each of them got. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { progressSchema } from '../../shared/contract/api/searches.ts';
import { claim, deliver, Ordering } from './ordering.ts';
import { rssBytesOf } from './process-cost.ts';
import type { Measurement } from './report.ts';

/** Says what a worker says, once all followers are there. */
const job = (records: number) => `${claim}
until [ -e $ROOT/go ]; do sleep 0.1; done
i=0
while [ $i -lt ${records} ]; do
  i=$((i + 1))
  echo "{\\"type\\":\\"note\\",\\"step\\":$i,\\"level\\":\\"info\\",\\"message\\":\\"record $i of what takes about as many bytes as a step does\\"}" >>$search/progress/000001.jsonl
  sleep 0.02
done
${deliver}`;

export async function followerRows({
  followers,
  records,
}: {
  followers: number;
  records: number;
}): Promise<Measurement[]> {
  const service = await Ordering.start(job(records), 0);
  try {
    const order = await service.order('followed');
    const { id } = order.searches[0]!;
    const idleBytes = rssBytesOf(service.pid);
    let mostBytes = idleBytes;
    const sampling = setInterval(() => {
      mostBytes = Math.max(mostBytes, rssBytesOf(service.pid));
    }, 50);
    const opened = await Promise.all(Array.from({ length: followers }, () => service.get(`/v1/searches/${id}/events`)));
    await writeFile(join(service.root, 'go'), '');
    const got = await Promise.all(opened.map(follow));
    clearInterval(sampling);
    const expected = await allRecords(service, id);
    const complete = got.filter(
      ({ records, last }) => last === 'succeeded' && records.join('\n') === expected.join('\n'),
    );
    return [
      {
        name: `${followers} followers of one search: memory of the server over idle, at most`,
        value: (mostBytes - idleBytes) / 1e6,
        unit: 'MB',
        target: { atMost: 150 },
        note: `resident set, every 50 ms; idle ${(idleBytes / 1e6).toFixed(0)} MB`,
      },
      {
        name: 'followers that got every record once, in order, and the end',
        value: complete.length,
        unit: 'followers',
        target: { atLeast: followers },
        note: `${expected.length} records`,
      },
    ];
  } finally {
    await service.stop();
  }
}

/** The stream to its end: the records as JSON, and the last state told. */
async function follow(response: Response): Promise<{ records: string[]; last: string | null }> {
  const records: string[] = [];
  let last: string | null = null;
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = (text + chunk).split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (event.includes('event: state')) last = JSON.parse(data!).state;
      else if (data !== undefined) records.push(data);
    }
  }
  return { records, last };
}

async function allRecords(service: Ordering, id: string): Promise<string[]> {
  const records: string[] = [];
  for (let after = -1; ; ) {
    const path = `/v1/searches/${id}/progress?limit=1000&after=${after}`;
    const page = progressSchema.parse(await (await service.get(path)).json());
    if (page.records.length === 0) return records;
    records.push(...page.records.map((record) => JSON.stringify(record)));
    after = page.next;
  }
}
