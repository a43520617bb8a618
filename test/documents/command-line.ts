/** @file The command line as its own help tells it, and the lines of documents that use it. */
import { run } from '../../functions/local/program.ts';

interface Help {
  commands: readonly string[];
  options: readonly string[];
}

const known = new Map<string, Promise<Help>>();

/** @param command e.g. `['orders', 'list']` */
export function helpOf(command: readonly string[]): Promise<Help> {
  const name = command.join(' ');
  const help = known.get(name) ?? readHelp(command);
  known.set(name, help);
  return help;
}

async function readHelp(command: readonly string[]): Promise<Help> {
  let text = '';
  const out = { write: (more: string) => (text += more) };
  await run([...command, '--help'], { out, err: out });
  const section = (title: string) => text.split(`\n${title}:\n`)[1]?.split(/\n\n/)[0] ?? '';
  return {
    commands: Array.from(section('Commands').matchAll(/^ {2}([\w-]+)/gm), ([, word]) => word!),
    options: Array.from(section('Options').matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm), ([, option]) => option!),
  };
}

/** The options of all commands. */
export async function allOptions(): Promise<Set<string>> {
  const options = new Set<string>();
  const visit = async (command: readonly string[]): Promise<void> => {
    const help = await helpOf(command);
    for (const option of help.options) options.add(option);
    for (const word of help.commands) if (word !== 'help') await visit([...command, word]);
  };
  await visit([]);
  return options;
}

/** What stands behind `fastpath` in shell text, one entry a call. */
export function callsIn(shell: string): string[] {
  const lines = shell.replaceAll(/\\\n/g, ' ').replaceAll(/(^|\s)#.*$/gm, '');
  return Array.from(lines.matchAll(/(?:^|[\s(])fastpath ([^|;&)\n>]*)/gm), ([, call]) => call!);
}

/** What of a call the help does not know: its command, or some of its options. */
export async function unknownIn(call: string): Promise<string[]> {
  const words = call.trim().split(/\s+/);
  const command: string[] = [];
  let help = await helpOf([]);
  while (help.commands.includes(words[command.length] ?? '')) {
    command.push(words[command.length]!);
    help = await helpOf(command);
  }
  const options = words.flatMap((word) => /^--[a-z][\w-]*/.exec(word)?.[0] ?? []);
  const next = words[command.length];
  const incomplete = help.commands.length > 0 && next !== undefined && !next.startsWith('-');
  return [
    ...(incomplete ? [`fastpath ${[...command, next].join(' ')}`] : []),
    ...options.filter((option) => !help.options.includes(option)).map((o) => `fastpath ${command.join(' ')} ${o}`),
  ];
}
