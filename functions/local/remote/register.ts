/** @file The commands that are about a service: their flags and help. */
import { type Command, InvalidArgumentError } from 'commander';
import type { KeyScope } from '../../../shared/db/schema/keys.ts';
import type { Console } from '../console.ts';

const keyScopes = ['predict', 'search', 'admin'] satisfies KeyScope[];

/** `--api` and `--key-file` for a command that may also do without a service. */
export function optionalApi(command: Command, what: string): Command {
  return command
    .option('--api [url]', `${what} (without URL: of FASTPATH_API_URL)`)
    .option('--key-file <file>', 'with --api: file that holds the API key (default: FASTPATH_API_KEY)');
}

/** `keys`, `datasets`, `orders`, `usage`. */
export function registerRemote(program: Command, console: Console, setExitCode: (code: number) => void): void {
  const group = (name: string, description: string) => program.command(name).description(description);
  const command = (parent: Command, name: string, description: string) =>
    parent
      .command(name)
      .description(description)
      .option('--json', 'JSON on stdout, for programs')
      .option('--api <url>', 'address of the service (default: FASTPATH_API_URL)')
      .option('--key-file <file>', 'file that holds the API key (default: FASTPATH_API_KEY)');

  const keys = group('keys', 'API keys of a service');
  command(keys, 'list', 'all keys, revoked ones too').action(async (flags) =>
    (await import('./keys.ts')).listKeys(flags, console),
  );
  command(keys, 'create', 'make a key; it is shown this once')
    .requiredOption('--name <text>', 'for people')
    .requiredOption('--scope <name>', `${keyScopes.join(', ')}; repeat for several`, scope)
    .action(async (flags) => (await import('./keys.ts')).createKey(flags, console));
  command(keys, 'revoke', 'make a key invalid')
    .argument('<id>', 'of the key')
    .action(async (id, flags) => (await import('./keys.ts')).revokeKey(id, flags, console));

  const dataSets = group('datasets', 'registered images of a service');
  command(dataSets, 'list', 'all data sets').action(async (flags) =>
    (await import('./datasets.ts')).listDataSets(flags, console),
  );
  command(dataSets, 'show', 'one data set')
    .argument('<id>', 'of the data set')
    .action(async (id, flags) => (await import('./datasets.ts')).showDataSet(id, flags, console));
  command(dataSets, 'upload', 'upload a folder and register it')
    .argument('<folder>', 'train/CLASS/ images or .tar shards, at most 1,000 files')
    .option('--name <text>', "for people (default: the folder's)")
    .action(async (folder, flags) => (await import('./datasets.ts')).uploadDataSet(folder, flags, console));
  command(dataSets, 'register', 'register images that lie somewhere already')
    .argument('<name>', 'for people')
    .option('--directory <path>', "under the server's --data-root")
    .option('--bucket <uri>', 's3://bucket/prefix of yours')
    .option('--role <arn>', 'role that may read the bucket')
    .action(async (name, flags) => (await import('./datasets.ts')).registerDataSet(name, flags, console));
  command(dataSets, 'delete', 'delete a data set with what was uploaded')
    .argument('<id>', 'of the data set')
    .action(async (id, flags) => (await import('./datasets.ts')).deleteDataSet(id, flags, console));

  const orders = group('orders', 'orders of a service; fastpath search --api places one');
  const order = (name: string, description: string) =>
    command(orders, name, description).argument('<id>', 'of the order');
  command(orders, 'list', 'all orders').action(async (flags) =>
    (await import('./orders.ts')).listOrders(flags, console),
  );
  order('show', 'an order with its searches').action(async (id, flags) =>
    (await import('./orders.ts')).showOrder(id, flags, console),
  );
  order('follow', 'show its searches live, and fetch what they find')
    .option('--out <dir>', 'where results go (default: fastpath-results/SEARCH)')
    .action(async (id, flags) => setExitCode(await (await import('./orders.ts')).followOrder(id, flags, console)));
  order('download', 'fetch what its searches found')
    .option('--out <dir>', 'where results go (default: fastpath-results/SEARCH)')
    .action(async (id, flags) => setExitCode(await (await import('./orders.ts')).downloadOrder(id, flags, console)));
  order('cancel', 'ask its searches to end').action(async (id, flags) =>
    (await import('./orders.ts')).cancelOrder(id, flags, console),
  );
  order('delete', 'delete its searches with all their files, once they have ended').action(async (id, flags) =>
    (await import('./orders.ts')).deleteOrder(id, flags, console),
  );

  command(program, 'usage', 'what was used at a service in a month, and what credit is left')
    .option('--month <yyyy-mm>', 'calendar month in UTC (default: this one)')
    .option('--csv', 'for spreadsheets')
    .action(async (flags) => (await import('./usage.ts')).showUsage(flags, console));
}

function scope(text: string, before: KeyScope[] = []): KeyScope[] {
  const known = keyScopes.find((name) => name === text);
  if (known !== undefined) return [...before, known];
  throw new InvalidArgumentError(`Allowed choices are ${keyScopes.join(', ')}.`);
}
