/** TensorFlow.js on WebAssembly in Node, one thread, fit for training small networks. */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

export async function startTensorFlow(): Promise<typeof tf> {
  const entry = fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm'));
  setWasmPaths(entry.replace(/dist[\\/].*$/, 'wasm-out/'));
  // One thread: sums are then made in one order, so a run can be repeated to the last bit.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WASM backend did not start');
  registerFilterGradient();
  return tf;
}

/**
 * The gradient of a convolution by its filter, which the WASM backend lacks: for each place of the
 * filter, the product of the input it met and the output's gradient.
 */
function registerFilterGradient(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
      const { strides, pad, filterShape } = attrs as unknown as {
        strides: number | [number, number];
        pad: 'valid' | 'same';
        filterShape: [number, number, number, number];
      };
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
      return tf.tidy(() => filterGradient(x, dy, info));
    },
  });
}

function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor {
  const { padInfo, strideHeight, strideWidth, outHeight, outWidth, batchSize } = info;
  const padded = tf.pad(x, [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ]);
  const gradient = tf.reshape(dy, [-1, info.outChannels]);
  const places: tf.Tensor[] = [];
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      const met = tf.stridedSlice(
        padded,
        [0, row, column, 0],
        [
          batchSize,
          row + (outHeight - 1) * strideHeight + 1,
          column + (outWidth - 1) * strideWidth + 1,
          info.inChannels,
        ],
        [1, strideHeight, strideWidth, 1],
      );
      places.push(tf.matMul(tf.reshape(met, [-1, info.inChannels]), gradient, true, false));
    }
  }
  return tf.reshape(tf.concat(places, 0), info.filterShape);
}
