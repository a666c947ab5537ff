/** ONNX graphs from x, one number where nothing else is said, to one number y [1, 1]; good and bad. */
import proto from 'onnx-proto';

const { onnx } = proto;
const { FLOAT, INT64, BOOL } = onnx.TensorProto.DataType;
const { INT, GRAPH } = onnx.AttributeProto.AttributeType;

type Dim = number | string;
type Node = proto.onnx.INodeProto;
type Initializer = proto.onnx.ITensorProto;

const info = (name: string, elemType: number, dims: readonly Dim[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: {
        dim: dims.map((dim) => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })),
      },
    },
  },
});

const floats = (name: string, dims: number[], data: readonly number[]): Initializer => ({
  name,
  dims,
  dataType: FLOAT,
  rawData: new Uint8Array(Float32Array.from(data).buffer),
});

const integers = (name: string, dims: number[], data: readonly number[]): Initializer => ({
  name,
  dims,
  dataType: INT64,
  rawData: new Uint8Array(BigInt64Array.from(data, BigInt).buffer),
});

interface Options {
  initializer?: Initializer[];
  opset?: number;
  x?: ReturnType<typeof info>;
}

function graphOf(
  node: Node[],
  { initializer = [], opset = 14, x = info('x', FLOAT, [1, 1]) }: Options = {},
): Buffer {
  const bytes = onnx.ModelProto.encode({
    irVersion: 7,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'graph',
      node,
      initializer,
      input: [x],
      output: [info('y', FLOAT, [1, 1])],
    },
  }).finish();
  return Buffer.from(bytes);
}

/** y = slope·x + offset. */
export const line = (slope: number, offset: number): Buffer =>
  graphOf([{ opType: 'Gemm', input: ['x', 'slope', 'offset'], output: ['y'] }], {
    initializer: [floats('slope', [1, 1], [slope]), floats('offset', [1], [offset])],
  });

/** One operator from x to y, whether there is such a one or not. */
export const single = (opType: string, opset = 14): Buffer =>
  graphOf([{ opType, input: ['x'], output: ['y'] }], { opset });

const cast = (input: string, output: string, to: number): Node => ({
  opType: 'Cast',
  input: [input],
  output: [output],
  attribute: [{ name: 'to', type: INT, i: to }],
});

/** The operator on another type of number, which it may be known for without being written for it. */
export const onType = (opType: string, type: 'DOUBLE' | 'FLOAT16'): Buffer =>
  graphOf([
    cast('x', 'wide', onnx.TensorProto.DataType[type]),
    { opType, input: ['wide'], output: ['done'] },
    cast('done', 'y', FLOAT),
  ]);

/** y = Σ x, of a tensor of any type and shape. */
export const sum = (type: 'INT64' | 'FLOAT', dims: readonly Dim[]): Buffer =>
  graphOf(
    [
      cast('x', 'floats', FLOAT),
      { opType: 'Reshape', input: ['floats', 'row'], output: ['flat'] },
      {
        opType: 'ReduceSum',
        input: ['flat', 'columns'],
        output: ['y'],
        attribute: [{ name: 'keepdims', type: INT, i: 1 }],
      },
    ],
    {
      initializer: [integers('row', [2], [1, -1]), integers('columns', [1], [1])],
      x: info('x', onnx.TensorProto.DataType[type], dims),
    },
  );

/** Adds 0 to x as often as 2⁶³ − 1: a Loop whose condition stays true. */
export const endless = (): Buffer =>
  graphOf(
    [
      {
        opType: 'Loop',
        input: ['trips', 'go', 'x'],
        output: ['y'],
        attribute: [
          {
            name: 'body',
            type: GRAPH,
            g: {
              name: 'body',
              node: [
                { opType: 'Identity', input: ['going'], output: ['again'] },
                { opType: 'Add', input: ['before', 'zero'], output: ['after'] },
              ],
              initializer: [floats('zero', [1, 1], [0])],
              input: [
                info('trip', INT64, []),
                info('going', BOOL, []),
                info('before', FLOAT, [1, 1]),
              ],
              output: [info('again', BOOL, []), info('after', FLOAT, [1, 1])],
            },
          },
        ],
      },
    ],
    {
      initializer: [
        {
          ...integers('trips', [], [0]),
          rawData: new Uint8Array(BigInt64Array.of(2n ** 63n - 1n).buffer),
        },
        { name: 'go', dims: [], dataType: BOOL, rawData: Uint8Array.of(1) },
      ],
    },
  );

/** y = x plus the sum of so many zeros, 4 bytes each, which it makes for that. */
export const greedy = (zeros: number): Buffer =>
  graphOf(
    [
      { opType: 'ConstantOfShape', input: ['shape'], output: ['zeros'] },
      {
        opType: 'ReduceSum',
        input: ['zeros'],
        output: ['sum'],
        attribute: [{ name: 'keepdims', type: INT, i: 0 }],
      },
      { opType: 'Add', input: ['x', 'sum'], output: ['y'] },
    ],
    { initializer: [integers('shape', [1], [zeros])] },
  );
