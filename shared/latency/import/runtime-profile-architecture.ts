/**
 * @file The architecture behind a profile, from the shapes of its nodes' inputs. Only of networks whose nodes are named
 * by part, and only where no node works on the runtime's own channel layout, which pads channels.
 */
import { parseArchitecture } from '../../architecture/parse.ts';
import type { Architecture } from '../../contract/architecture.ts';

export interface ProfiledNode {
  name: string;
  /** of its inputs: the tensor that flows, weights, bias, and a tensor that is added */
  shapes: readonly (readonly number[])[];
}

const paddedLayout = /_nchwc/;

/** Null where the nodes do not tell. */
export function profiledArchitecture(nodes: readonly ProfiledNode[]): Architecture | null {
  const find = (prefix: string) => nodes.find(({ name }) => name.startsWith(prefix))?.shapes;
  const stem = find('stem/conv');
  const first = find('block 1/');
  const head = find('head/conv');
  const classifier = find('classifier/');
  if (!stem || !first || !head || !classifier || nodes.some(({ name }) => paddedLayout.test(name))) return null;
  const blocks: unknown[] = [];
  for (let i = 1; find(`block ${i}/`) !== undefined; i++) {
    const expand = find(`block ${i}/expand`);
    const depthwise = find(`block ${i}/depthwise`);
    const project = find(`block ${i}/project`);
    if (!depthwise || !project) return null;
    const [, hidden, inputSize] = depthwise[0] ?? [];
    const channels = (expand ?? depthwise)[0]?.[1];
    blocks.push({
      op: 'mbconv',
      kernel: depthwise[1]?.[3],
      expansion: expand === undefined ? 1 : hidden! / channels!,
      stride: project[0]?.[2] === inputSize ? 1 : 2,
      in: channels,
      out: project[1]?.[0],
      shortcut: find(`block ${i}/add`) !== undefined || project.length > 3,
    });
  }
  return parseArchitecture({
    format: 'fastpath.architecture/1',
    resolution: stem[0]?.[2],
    classes: classifier.at(-1)?.at(-1),
    stem: { kernel: 3, stride: first[0]?.[2] === stem[0]?.[2] ? 1 : 2, channels: stem[1]?.[0] },
    blocks,
    head: { channels: head[1]?.[0] },
  });
}
