/**
 * A TensorFlow.js model of one layer after the other as an ONNX graph with the same input and output names, shapes and
 * element order, so that one model spec describes both. ONNX convolves channels first, TensorFlow.js
 * channels last: the graph transposes where images begin and end.
 */
import type * as tf from '@tensorflow/tfjs';
import proto from 'onnx-proto';

const { onnx } = proto;
type Attribute = number | readonly number[];

/** Released June 2021; every runtime since reads it. */
const OPSET = 14;
const IR_VERSION = 7;
const FLOAT = onnx.TensorProto.DataType.FLOAT;
const INT64 = onnx.TensorProto.DataType.INT64;

class Graph {
  readonly nodes: proto.onnx.INodeProto[] = [];
  readonly initializers: proto.onnx.ITensorProto[] = [];

  node(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Record<string, Attribute> = {},
  ): string {
    this.nodes.push({
      opType,
      name: output,
      input: [...input],
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
    });
    return output;
  }

  floats(name: string, dims: readonly number[], data: Float32Array): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    this.initializers.push({ name, dims: [...dims], dataType: FLOAT, rawData });
    return name;
  }

  integers(name: string, data: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
    this.initializers.push({ name, dims: [data.length], dataType: INT64, rawData });
    return name;
  }
}

function attributeOf(name: string, value: Attribute): proto.onnx.IAttributeProto {
  const { AttributeType } = onnx.AttributeProto;
  return typeof value === 'number'
    ? { name, type: AttributeType.INT, i: value }
    : { name, type: AttributeType.INTS, ints: [...value] };
}

/** @throws Error naming the layer, where it is none of those that the demo's models are made of. */
export function toOnnx(model: tf.LayersModel, producer: string): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const [input] = model.inputNames;
  const output = model.outputNames[0]!;
  let at = input!;
  const image = model.inputs[0]!.shape.length === 4;
  if (image) at = graph.node('Transpose', [at], 'channels_first', { perm: [0, 3, 1, 2] });
  for (const layer of model.layers) at = append(graph, layer, at);
  graph.nodes.at(-1)!.output = [output];
  const bytes = onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: producer,
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: model.name,
      node: graph.nodes,
      initializer: graph.initializers,
      input: [valueInfo(input!, model.inputs[0]!.shape)],
      output: [valueInfo(output, model.outputs[0]!.shape)],
    },
  }).finish();
  return new Uint8Array(bytes);
}

function valueInfo(name: string, shape: readonly (number | null)[]): proto.onnx.IValueInfoProto {
  const dim = shape.map((size) => (size === null ? { dimParam: 'batch' } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

function append(graph: Graph, layer: tf.layers.Layer, at: string): string {
  const config = layer.getConfig() as unknown as LayerConfig;
  const { name } = layer;
  switch (layer.getClassName()) {
    case 'InputLayer':
      return at;
    case 'Conv2D':
      return activate(graph, config, convolve(graph, layer, config, at));
    case 'MaxPooling2D':
      return graph.node('MaxPool', [at], name, {
        kernel_shape: config.poolSize!,
        strides: config.strides!,
      });
    case 'Flatten': {
      const last = graph.node('Transpose', [at], `${name}_channels_last`, { perm: [0, 2, 3, 1] });
      return graph.node('Reshape', [last, graph.integers(`${name}_shape`, [0, -1])], name);
    }
    case 'Dense': {
      const [kernel, bias] = layer.getWeights() as [tf.Tensor, tf.Tensor];
      const weights = graph.floats(`${name}_kernel`, kernel.shape, floatsOf(kernel));
      const offsets = graph.floats(`${name}_bias`, bias.shape, floatsOf(bias));
      return activate(graph, config, graph.node('Gemm', [at, weights, offsets], `${name}_gemm`));
    }
    default:
      throw new Error(`layer "${name}" (${layer.getClassName()}) has no ONNX form here: add it`);
  }
}

interface LayerConfig {
  name: string;
  activation?: string;
  kernelSize?: [number, number];
  strides?: [number, number];
  poolSize?: [number, number];
  padding?: 'valid' | 'same';
}

function convolve(graph: Graph, layer: tf.layers.Layer, config: LayerConfig, at: string): string {
  const { name } = layer;
  const [kernel, bias] = layer.getWeights() as [tf.Tensor4D, tf.Tensor1D];
  const [height, width] = config.kernelSize!;
  const strided = config.strides!.some((stride) => stride !== 1);
  if (config.padding === 'same' && (strided || height % 2 === 0 || width % 2 === 0)) {
    throw new Error(
      `layer "${name}" pads unevenly: use an odd kernel with strides of 1, or "valid"`,
    );
  }
  const [top, left] = config.padding === 'same' ? [(height - 1) / 2, (width - 1) / 2] : [0, 0];
  // height, width, in, out → out, in, height, width
  const filters = kernel.transpose([3, 2, 0, 1]);
  const weights = graph.floats(`${name}_kernel`, filters.shape, floatsOf(filters));
  const offsets = graph.floats(`${name}_bias`, bias.shape, floatsOf(bias));
  return graph.node('Conv', [at, weights, offsets], `${name}_conv`, {
    kernel_shape: [height, width],
    strides: config.strides!,
    pads: [top, left, top, left],
  });
}

function activate(graph: Graph, config: LayerConfig, at: string): string {
  switch (config.activation) {
    case undefined:
    case 'linear':
      return at;
    case 'relu':
      return graph.node('Relu', [at], `${config.name}_relu`);
    case 'softmax':
      return graph.node('Softmax', [at], `${config.name}_softmax`, { axis: -1 });
    default:
      throw new Error(`activation "${config.activation}" has no ONNX form here: add it`);
  }
}

function floatsOf(tensor: tf.Tensor): Float32Array {
  return tensor.dataSync() as Float32Array;
}
