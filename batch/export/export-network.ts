/**
 * @file A trained network in the forms of other runtimes, each run and compared with the trainer's own forward pass
 * before anybody gets it.
 */
import { architectureId } from '../../shared/architecture/identity.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import {
  type ExportCheck,
  type ExportRecord,
  exportRecordSchema,
  type Preprocessing,
  type Quantisation,
} from '../../shared/contract/export.ts';
import { type ExportFormat, formatsWith } from '../../shared/contract/export-format.ts';
import { FastpathError } from '../../shared/errors.ts';
import { type ExportedFile, textFile } from '../../shared/export/exported-file.ts';
import { kerasSource, kerasTensors } from '../../shared/export/keras.ts';
import { type CardFacts, modelCard } from '../../shared/export/model-card.ts';
import { pytorchSource, pytorchTensors } from '../../shared/export/pytorch.ts';
import { writeTfjsGraph } from '../../shared/export/tfjs-graph.ts';
import { foldedWeights, type TrainedTensors, unfoldedWeights } from '../../shared/export/trained-weights.ts';
import { outputsOf } from '../../shared/graph/build-network.ts';
import { writeBatchNetwork } from '../../shared/onnx/write-network.ts';
import { moveAxes } from '../../shared/weights/move-axes.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { projectVersion } from '../project-root.ts';
import { checkFile, checkInPython } from './check-python.ts';
import { firstImages, type Images } from './images.ts';
import {
  agreement,
  channelsFirst,
  compareOutputs,
  firstOutputs,
  type Outputs,
  referenceOutputs,
  requireAgreement,
  requireFinite,
  topClasses,
} from './outputs.ts';
import { PythonMissing } from './python.ts';
import { quantise } from './quantise.ts';
import { onnxRuntimeVersion, runOnnx } from './run-onnx.ts';
import { runTfjs, tfjsVersion } from './run-tfjs.ts';

/** Images that a Python export brings along, to be checked again anywhere. */
const shippedImages = 8;

export interface ExportSource {
  architecture: Architecture;
  /** with the weights in `tensors` */
  network: ConvNet;
  tensors: TrainedTensors;
  /** class names by index, as many as the network has classes; null where they are not known */
  labels: readonly string[] | null;
  preprocessing: Preprocessing;
  /** for the model card */
  facts: CardFacts;
}

export interface ExportImages {
  /** what exports are compared on */
  check: Images;
  /** what int8 is calibrated with; null where there are no real images */
  calibration: Images | null;
}

export interface ExportForm {
  format: ExportFormat;
  features: boolean;
  /** leaves batch norm apart, in ONNX */
  unfolded: boolean;
}

export interface FinishedExport {
  /** the name of the form's folder */
  folder: string;
  files: ExportedFile[];
  record: ExportRecord;
}

/** What a format adds to what all have. */
interface Form extends Pick<ExportRecord, 'batchNorm' | 'layout'> {
  files: ExportedFile[];
  check: ExportCheck | null;
  unchecked: string | null;
  quantisation: Quantisation | null;
}

/** Makes any number of forms of one network. */
export class Exporter {
  private readonly references = new Map<boolean, Outputs>();

  constructor(
    private readonly source: ExportSource,
    private readonly images: ExportImages,
  ) {}

  /**
   * One form with its record and model card.
   * @param signal ends what runs for it in other processes
   * @throws FastpathError `export.differs`, `export.not-finite`, `export.no-features`, `export.form`, `export.python`, and
   * for int8 `export.no-images`, `export.no-python`
   */
  async make(form: ExportForm, signal = new AbortController().signal): Promise<FinishedExport> {
    const { architecture, preprocessing, labels } = this.source;
    if (form.features && !formatsWith.features.includes(form.format)) {
      throw new FastpathError(
        'export.form',
        `${form.format} holds the whole network: take its features in another format`,
      );
    }
    if (form.unfolded && !formatsWith.unfolded.includes(form.format)) {
      throw new FastpathError('export.form', `batch norm can be left unfolded in onnx, not in ${form.format}`);
    }
    // Computed first, while this process's backend is the trainer's.
    if (form.format !== 'safetensors') this.reference(form.features);
    const { files, ...made } = await this.form(form, signal);
    if (made.check !== null) requireFinite(made.check);
    if (made.check !== null && made.quantisation === null) requireAgreement(made.check);
    const first = made.layout === 'NCHW';
    const side = architecture.resolution;
    const record = exportRecordSchema.parse({
      format: 'fastpath.export/1',
      form: form.format,
      features: form.features,
      architectureId: architectureId(architecture),
      ...made,
      input: first ? [-1, 3, side, side] : [-1, side, side, 3],
      outputs: outputsOf(architecture, form.features).map(({ name, dims: [, channels, ...sides], stride }) => {
        return { name, dims: first ? [-1, channels, ...sides] : [-1, ...sides, channels], stride };
      }),
      labels: labels && [...labels],
      preprocessing,
      files: files.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
      fastpathVersion: projectVersion(),
    });
    const card = textFile('model-card.md', modelCard(architecture, record, this.source.facts));
    const description = textFile('export.json', `${JSON.stringify(record, null, 2)}\n`);
    return { folder: folderName(form), files: [...files, card, description], record };
  }

  private form(form: ExportForm, signal: AbortSignal): Promise<Form> {
    switch (form.format) {
      case 'onnx':
        return this.onnx(form);
      case 'onnx-int8':
        return this.int8(form, signal);
      case 'pytorch':
        return this.pytorch(form, signal);
      case 'keras':
        return this.keras(form, signal);
      case 'tfjs':
        return this.tfjs(form);
      case 'safetensors':
        return this.safetensors();
    }
  }

  private async onnx({ features, unfolded }: ExportForm): Promise<Form> {
    const model = this.onnxModel(features, unfolded);
    const actual = await runOnnx(model, this.images.check);
    return {
      ...formOf('NCHW', unfolded ? 'unfolded' : 'folded', [{ name: 'network.onnx', bytes: model }]),
      check: this.compared(onnxRuntimeVersion(), channelsFirst(this.reference(features)), actual),
    };
  }

  private async int8({ features }: ExportForm, signal: AbortSignal): Promise<Form> {
    const { calibration, check } = this.images;
    if (calibration === null) {
      throw new FastpathError('export.no-images', 'onnx-int8 needs images to calibrate with: give --data');
    }
    const { model, tool } = await quantise(this.onnxModel(features, false), calibration, signal);
    const actual = await runOnnx(model, check);
    const accuracy = (outputs: Outputs) => {
      const logits = outputs.get('output');
      return logits === undefined || check.labels === null ? null : agreement(topClasses(logits), check.labels);
    };
    const reference = this.reference(features);
    return {
      ...formOf('NCHW', 'folded', [{ name: 'network.onnx', bytes: model }]),
      check: this.compared(onnxRuntimeVersion(), channelsFirst(reference), actual),
      quantisation: {
        tool,
        calibrationImages: calibration.count,
        images: check.count,
        source: check.source,
        top1Before: accuracy(reference),
        top1After: accuracy(actual),
      },
    };
  }

  private async tfjs({ features }: ExportForm): Promise<Form> {
    const { architecture, tensors } = this.source;
    const metadata = this.metadata('NHWC');
    const files = writeTfjsGraph(architecture, foldedWeights(tensors), { features, metadata });
    const actual = await runTfjs(files, this.images.check);
    return {
      ...formOf('NHWC', 'folded', files),
      check: this.compared(tfjsVersion, this.reference(features), actual),
    };
  }

  private pytorch({ features }: ExportForm, signal: AbortSignal): Promise<Form> {
    const options = { ...this.source, features };
    return this.python(
      features,
      'NCHW',
      textFile('network.py', pytorchSource(options)),
      { name: 'network.safetensors', bytes: encodeSafetensors(pytorchTensors(options, this.source.tensors), {}) },
      'torch safetensors numpy',
      signal,
    );
  }

  private keras({ features }: ExportForm, signal: AbortSignal): Promise<Form> {
    const options = { ...this.source, features };
    return this.python(
      features,
      'NHWC',
      textFile('network.py', kerasSource(options)),
      { name: 'network.safetensors', bytes: encodeSafetensors(kerasTensors(options, this.source.tensors), {}) },
      'tensorflow-cpu safetensors',
      signal,
    );
  }

  private async python(
    features: boolean,
    layout: Form['layout'],
    source: ExportedFile,
    weights: ExportedFile,
    packages: string,
    signal: AbortSignal,
  ): Promise<Form> {
    const checkOf = (images: Images) => {
      const shape = [images.count, images.resolution, images.resolution, 3];
      const pixels = { shape, data: images.pixels };
      const reference = firstOutputs(this.reference(features), images.count);
      if (layout === 'NHWC') return checkFile(pixels, reference);
      return checkFile(moveAxes(pixels, [0, 3, 1, 2]), channelsFirst(reference));
    };
    const form = formOf(layout, 'unfolded', [source, weights, checkOf(firstImages(this.images.check, shippedImages))]);
    try {
      const files = [source, weights, checkOf(this.images.check)];
      return { ...form, check: await checkInPython(files, packages, this.images.check, signal) };
    } catch (error) {
      if (!(error instanceof PythonMissing)) throw error;
      return { ...form, unchecked: error.message };
    }
  }

  private async safetensors(): Promise<Form> {
    const { architecture, tensors } = this.source;
    const metadata = { ...this.metadata('NHWC'), format: 'fastpath.weights/1' };
    const files = [
      textFile('architecture.json', `${JSON.stringify(architecture, null, 2)}\n`),
      { name: 'weights.safetensors', bytes: encodeSafetensors(tensors, metadata) },
    ];
    return { ...formOf('NHWC', 'unfolded', files), unchecked: 'it is what the trainer itself reads' };
  }

  private onnxModel(features: boolean, unfolded: boolean): Uint8Array {
    const { architecture, tensors } = this.source;
    const weights = unfolded ? unfoldedWeights(tensors) : foldedWeights(tensors);
    return writeBatchNetwork(architecture, weights, { features, metadata: this.metadata('NCHW') });
  }

  /** What a file says of itself, as text by key. */
  private metadata(layout: Form['layout']): Record<string, string> {
    const { architecture, labels, preprocessing } = this.source;
    return {
      architectureId: architectureId(architecture),
      layout,
      preprocessing: JSON.stringify(preprocessing),
      ...(labels === null ? {} : { labels: JSON.stringify(labels) }),
    };
  }

  private reference(features: boolean): Outputs {
    const { network, architecture } = this.source;
    const known = this.references.get(features) ?? referenceOutputs(network, architecture, features, this.images.check);
    this.references.set(features, known);
    return known;
  }

  private compared(runtime: string, expected: Outputs, actual: Outputs): ExportCheck {
    const { count, source } = this.images.check;
    return { runtime, images: count, source, ...compareOutputs(expected, actual) };
  }
}

function folderName({ format, features, unfolded }: ExportForm): string {
  return [format, ...(unfolded ? ['unfolded'] : []), ...(features ? ['features'] : [])].join('-');
}

function formOf(layout: Form['layout'], batchNorm: Form['batchNorm'], files: ExportedFile[]): Form {
  return { layout, batchNorm, files, check: null, unchecked: null, quantisation: null };
}
