/** @file The command line: flags, help and errors. What a command needs is loaded when it runs, not before. */
import { Command, CommanderError, Option } from 'commander';
import { FastpathError } from '../../shared/errors.ts';
import type { Console } from './console.ts';
import {
  commaList,
  fromZero,
  inputDims,
  positive,
  randAugment,
  repeated,
  seed,
  seedList,
  share,
  wholeFromZero,
  wholePositive,
} from './flags.ts';
import { optionalApi, registerRemote } from './remote/register.ts';

const cacheHelp = 'folder for unpacked images and what shards hold (default: FASTPATH_CACHE, or a temporary one)';

/**
 * Runs one command line, without `node` and the script's name.
 * @returns the exit code; what went wrong has been said in one line on `err`
 */
export async function run(args: readonly string[], console: Console): Promise<number> {
  let exitCode = 0;
  const program = build(console, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof FastpathError)) throw error;
    console.err.write(`error: ${oneLine(error.message)}\n`);
    return 1;
  }
}

function build(console: Console, setExitCode: (code: number) => void): Command {
  const program = new Command('fastpath')
    .description('Finds the most accurate network within a latency budget on a given device.')
    .configureOutput({
      writeOut: (text) => console.out.write(text),
      writeErr: (text) => console.err.write(text),
      outputError: (text, write) => write(`${oneLine(text)}\n`),
    })
    .exitOverride();

  const command = (name: string, description: string, parent = program) =>
    parent.command(name).description(description).option('--json', 'JSON on stdout, for programs');

  const search = command(
    'search',
    'search the best architecture for images and a latency budget; the same command goes on',
  )
    .requiredOption('--data <uri>', 'folder or s3://bucket/prefix: train/CLASS/ images, or .tar shards')
    .requiredOption('--hardware <id>', 'device to be fast on; repeat for several', repeated(String))
    .requiredOption('--budget-ms <n>', 'latency budget in ms; one for each --hardware', repeated(positive))
    .option('--space <name>', 'search space: a built-in name or a JSON file', 'mobile-inverted-residual')
    .option('--resolution <pixels>', "input side (default: the space's)", wholePositive)
    .option('--width <factor>', 'scales all widths', positive, 1)
    .option('--exclude <ops>', 'operations to leave out, e.g. k7,e6,mbconv-k5-e6,zero', commaList)
    .option('--max-params <n>', 'most trainable parameters', wholePositive)
    .option('--max-macs <n>', 'most multiply-adds', wholePositive)
    .option('--max-peak-mb <n>', 'most peak activation memory, in MB of 10^6 bytes', positive)
    .addOption(choice('--method <name>', 'how path logits are trained', ['gradient', 'reinforce']))
    .addOption(choice('--latency-loss <name>', 'how latency enters the loss', ['target', 'multiplicative', 'additive']))
    .option('--epochs <n>', 'search epochs (default: by image size)', wholePositive)
    .option('--warmup-epochs <n>', 'warm-up epochs (default: by image size)', wholeFromZero)
    .option('--batch <n>', 'images a step (default: by image size)', wholePositive)
    .option('--logit-learning-rate <n>', 'of path logits (default: max(0.001, 30 / architecture steps))', positive)
    .option('--train', 'train the architecture found from scratch afterwards')
    .option('--train-epochs <n>', 'epochs of that training (default: by image size)', wholePositive)
    .option(
      '--verify',
      'time the network found on this machine; where it is over budget, correct the model and prune again',
    )
    .option('--seed <n>', 'same seed, same result', seed, 0)
    .option('--cache <dir>', cacheHelp)
    .option('--each', 'with --api: a search for each --hardware and its --budget-ms, not one network that keeps all')
    .option('--seeds <n,n>', 'with --api: a search with each of these seeds', seedList)
    .option('--out <dir>', 'where results go (default: fastpath-results/ID)')
    .option('--max-cost <usd>', 'with --api: most that it may cost, in USD', positive)
    .action(async (flags) =>
      setExitCode(
        await (flags.api === undefined
          ? (await import('./commands/search.ts')).search(flags, console)
          : (await import('./remote/search.ts')).searchThere(flags, console)),
      ),
    );
  optionalApi(search, 'order it from this service; --data is then a data set of it, by id or name');

  command('verify', 'time what a search found on this machine; where over budget, correct the model and prune again')
    .argument('<folder>', 'results of a search')
    .option('--rounds <n>', 'visits of each network that is timed', wholePositive, 20)
    .action(async (folder, flags) =>
      setExitCode(await (await import('./commands/verify.ts')).verify(folder, flags, console)),
    );

  command('prune', "choose a finished search's path again, for other budgets or corrected models; trains nothing")
    .argument('<folder>', 'results of a search')
    .option('--hardware <id>', "device to be fast on; repeat for several (default: the search's)", repeated(String))
    .option('--budget-ms <n>', "latency budget in ms; one for each device (default: the search's)", repeated(positive))
    .option('--out <dir>', 'where results go (default: fastpath-results/ID)')
    .action(async (folder, flags) =>
      setExitCode(await (await import('./commands/prune.ts')).prune(folder, flags, console)),
    );

  command('train', 'train one architecture; the same command goes on')
    .requiredOption('--architecture <file>', 'architecture JSON')
    .requiredOption('--data <uri>', 'folder or s3://bucket/prefix: train/CLASS/ images, or .tar shards')
    .option('--weights <file>', 'safetensors to start from (default: from scratch)')
    .option('--epochs <n>', 'epochs (default: by image size)', wholePositive)
    .option('--batch <n>', 'images a step (default: by image size)', wholePositive)
    .option('--learning-rate <n>', 'peak of the cosine (default: 0.05)', positive)
    .option('--warmup-epochs <n>', 'epochs in which the learning rate rises (default: 0)', fromZero)
    .option('--weight-decay <n>', 'L2 decay (default: 4e-5)', fromZero)
    .option('--label-smoothing <share>', 'of the target spread over all classes (default: 0.1)', share)
    .option('--dropout <share>', 'of pooled features left out (default: 0)', share)
    .option('--accumulate <n>', 'batches that make one step (default: 1)', wholePositive)
    .option('--average <decay>', "keep a moving average of the weights, e.g. 0.999 (default: the weights' own)", share)
    .option('--mixup <alpha>', 'blend images and labels by Beta(alpha, alpha), e.g. 0.2 (default: none)', positive)
    .option('--rand-augment <n,m>', 'n operations an image, going as far as m from 0 to 1, e.g. 2,0.5', randAugment)
    .option('--keep-best', 'keep the best epoch on training images held out for that (default: the last)')
    .option('--patience <epochs>', 'end behind so many epochs without a better one; keeps the best', wholePositive)
    .option('--seed <n>', 'same seed, same result', seed, 0)
    .option('--cache <dir>', cacheHelp)
    .option('--out <dir>', 'where results go (default: fastpath-results/ID)')
    .action(async (flags) => setExitCode(await (await import('./commands/train.ts')).train(flags, console)));

  const predict = command('predict', 'latency of architectures and ONNX models on known hardware')
    .argument('<files...>', 'architecture JSON, or .onnx of any convolutional network')
    .requiredOption('--hardware <id>', 'device; repeat for several', repeated(String))
    .option('--input <dims>', 'of an ONNX model that leaves its input open, e.g. 1x3x224x224', inputDims)
    .option('--blocks', 'also each part, or each operator of an ONNX model')
    .action(async (files, flags) =>
      flags.api === undefined
        ? (await import('./commands/predict.ts')).predictFiles(files, flags, console)
        : (await import('./remote/predict.ts')).predictThere(files, flags, console),
    );
  optionalApi(predict, 'ask this service');

  command('describe', 'multiply-adds, parameters, memory and blocks of architectures')
    .argument('<files...>', 'architecture JSON')
    .action(async (files, flags) => (await import('./commands/describe.ts')).describeFiles(files, flags, console));

  const comparing = command(
    'compare',
    'architectures side by side, with baselines: a table, and a picture of what is worth its latency',
  )
    .argument('<paths...>', 'architecture JSON, or results of a search or training; with --api also ids of networks')
    .requiredOption('--hardware <id>', 'device; repeat for several', repeated(String))
    .option('--no-baselines', 'leave out MobileNetV2 in several widths and published networks')
    .option('--out <file>', 'where the picture goes', 'fastpath-results/comparison.svg')
    .action(async (paths, flags) =>
      flags.api === undefined
        ? (await import('./commands/compare.ts')).compareFiles(paths, flags, console)
        : (await import('./remote/compare.ts')).compareThere(paths, flags, console),
    );
  optionalApi(comparing, "with this service's hardware and networks");

  command('export', 'write a trained network as files for other runtimes, each compared with the trainer')
    .argument('<path>', 'results of a search or training, or architecture JSON with --weights')
    .requiredOption('--format <names>', 'onnx, onnx-int8, pytorch, keras, tfjs, safetensors, or all', commaList)
    .option('--weights <file>', "safetensors (default: the folder's)")
    .option('--features', 'maps of strides 4 to 32 instead of logits, for detectors and the like')
    .option('--unfolded', 'leave batch norm a layer of its own (onnx)')
    .option('--resolution <pixels>', "input side (default: the architecture's)", wholePositive)
    .option('--data <uri>', 'images to check with and calibrate on (default: those it was trained on, else noise)')
    .option('--images <n>', 'how many of them', wholePositive, 256)
    .option('--labels <file>', "what the files call the classes, one name a line (default: the data set's)")
    .option('--hardware <id>', 'device whose predicted latency the model card tells; repeat', repeated(String))
    .option('--out <dir>', 'gets a folder for each format (default: exports in the results)')
    .action(async (path, flags) => (await import('./commands/export.ts')).exportNetwork(path, flags, console));

  command('hardware', 'list the hardware that latency is known for').action(async (flags) =>
    (await import('./commands/hardware.ts')).listHardware(flags, console),
  );

  const importing = command(
    'import',
    'take over timings that others made: CSV, block table (YAML), ONNX Runtime profile (JSON)',
  )
    .argument('<file>', 'timings; the content tells the format')
    .requiredOption('--hardware <id>', 'id of a new device, or of an own one that the rows are added to')
    .option('--architecture <file>', 'architecture JSON of the network that a profile is of')
    .option('--name <text>', 'for people (default: the id)')
    .option('--device <text>', 'what ran the networks (default: the id)')
    .option('--runtime <text>', 'library and version')
    .option('--threads <n>', 'threads (default: 1)', wholePositive)
    .option('--batch <n>', 'images a call (default: 1)', wholePositive)
    .addOption(new Option('--precision <name>', 'numbers (default: fp32)').choices(['fp32', 'fp16', 'int8']))
    .option('--any-speed', 'also what is faster or slower than any known device')
    .action(async (file, flags) => (await import('./commands/import.ts')).importFile(file, flags, console));
  optionalApi(importing, 'make it known at this service, not here');

  const measuring = command(
    'measure',
    'time blocks and networks on this machine and make it known; the same command goes on',
  )
    .option('--hardware <id>', 'id to know it by (default: made of processor, runtime and threads)')
    .option('--name <text>', 'for people (default: made of processor, runtime and threads)')
    .option('--device <text>', 'what runs the networks (default: the processor as the system names it)')
    .option(
      '--space <name@pixels>',
      'space with its resolutions, e.g. tiny@32,48; repeat for several (default: mobile-inverted-residual)',
      repeated(String),
    )
    .option('--resolution <pixels>', "input side (default: the space's)", wholePositive)
    .addOption(
      choice('--plan <kind>', 'about 10 networks, 10 blocks and the classifier, or every part', ['short', 'full']),
    )
    .addOption(choice('--runtime <name>', 'what runs the networks', ['onnxruntime', 'browser']))
    .option('--threads <n>', 'threads of the runtime', wholePositive, 1)
    .option(
      '--networks <n>',
      'whole networks a space and resolution, or one number for each --space (default: 10 or 40 by plan)',
      repeated(wholePositive),
    )
    .option('--rounds <n>', 'visits of each block and network (default: 20 or 30 by plan)', wholePositive)
    .option('--operators', 'also time operators, so that the latency of any ONNX model is known; two minutes more')
    .option('--seed <n>', 'seeds networks and order', seed, 1)
    .option('--out <file>', 'also write the latency table there')
    .action(async (flags) => setExitCode(await (await import('./commands/measure.ts')).measure(flags, console)));
  optionalApi(measuring, 'make it known at this service, not here');

  command('time', 'time one network on this machine and correct what is predicted for the machine')
    .argument('<file>', 'architecture JSON')
    .requiredOption('--hardware <id>', 'this machine, as fastpath measure made it known')
    .option('--rounds <n>', 'visits of the network', wholePositive, 20)
    .action(async (file, flags) =>
      setExitCode(await (await import('./commands/time.ts')).timeFile(file, flags, console)),
    );

  command('serve', 'run the service on this machine: API, worker queue and database')
    .option('--port <n>', 'port to listen on; 0: any that is free', wholeFromZero, 8080)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--data-root <dir>', 'folder whose directories may be registered as data sets (default: none may)')
    .option('--public-url <url>', 'address that others reach it by, behind a proxy (default: FASTPATH_PUBLIC_URL)')
    .option('--trust-proxy', 'a proxy before it says in X-Forwarded-For from where requests come')
    .option('--cors-origin <origin>', 'whose pages may read answers, or *; repeat for several', repeated(String))
    .option('--price-per-hour <usd>', 'what an hour of this machine is charged (default: nothing)', positive)
    .option('--keep-details <days>', 'how long checkpoints and progress outlive their search', wholePositive, 30)
    .option('--keep-searches <days>', 'how long whole searches are kept (default: until deleted)', wholePositive)
    .action(async (flags) => setExitCode(await (await import('./commands/serve.ts')).serveCommand(flags, console)));

  registerRemote(program, console, setExitCode);

  command('demo', 'search on synthetic images, in a few minutes')
    .option('--seed <n>', 'same seed, same result', seed, 0)
    .option('--out <dir>', 'where results go (default: fastpath-results/demo)')
    .action(async (flags) => setExitCode(await (await import('./commands/demo.ts')).demo(flags, console)));

  const dataset = program.command('dataset').description('data sets as shards with an index');
  command('pack', 'pack class folders of images, or other shards, into shards; the same command goes on', dataset)
    .argument('<source>', 'folder or s3://bucket/prefix')
    .argument('<target>', 'folder or s3://bucket/prefix, empty')
    .option('--shard-mb <n>', 'most that a shard takes, in MB of 10^6 bytes', positive, 256)
    .option('--seed <n>', 'same seed, same shards', seed, 0)
    .action(async (source, target, flags) =>
      setExitCode(await (await import('./commands/dataset-pack.ts')).packCommand(source, target, flags, console)),
    );

  command('check', 'check shards against their index, and that their images can be decoded', dataset)
    .argument('<location>', 'folder or s3://bucket/prefix')
    .option('--all', 'decode every image (default: 100, spread over all shards)')
    .action(async (location, flags) =>
      setExitCode(await (await import('./commands/dataset-check.ts')).checkCommand(location, flags, console)),
    );

  command('demo-data', 'write a small synthetic image set to try a search on')
    .requiredOption('--out <dir>', 'folder to write')
    .option('--seed <n>', 'same seed, same images', seed, 0)
    .action(async (flags) => (await import('./commands/demo-data.ts')).demoData(flags, console));

  return program;
}

/** A flag with a fixed set of values, the first being the default. */
function choice(flag: string, description: string, values: [string, ...string[]]): Option {
  return new Option(flag, description).choices(values).default(values[0]);
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
