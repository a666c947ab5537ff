/** What the runtimes' own messages about operators mean for whoever exported the model. */
import { type ModelSpec, messageOf, SiskinError } from '@siskin/protocol';

const RUNTIME = { onnx: 'onnxruntime-web', tfjs: 'TensorFlow.js' } as const;

/** As onnxruntime 1.30 and TensorFlow.js 4.22 word it; the first group is the operator. */
const MISSING = [
  /No Op registered for (\S+) with domain_version/,
  /Fatal error: (\S+?)\(-?\d+\) is not a registered function\/op/,
  /Could not find an implementation for (\S+?)\(/,
  /Kernel '([^']+)' not registered for backend/,
  /Unknown op '([^']+)'/,
  /Unknown layer: (\S+?)\./,
];
const OPSET = /opset (\d+) is under development/i;

/** Anything thrown while a model was tried, as an error that says what to do. */
export function explained(thrown: unknown, format: ModelSpec['format']): SiskinError {
  const runtime = RUNTIME[format];
  const message = messageOf(thrown);
  const operator = MISSING.map((pattern) => pattern.exec(message)?.[1]).find(Boolean);
  if (operator !== undefined) {
    return new SiskinError(
      'runtime_failed',
      `${runtime}, which runs the model on devices, lacks its operator "${operator}": export the model without it, or for another opset (${firstLine(message)})`,
      { cause: thrown },
    );
  }
  const opset = OPSET.exec(message)?.[1];
  if (opset !== undefined) {
    return new SiskinError(
      'runtime_failed',
      `${runtime}, which runs the model on devices, does not know opset ${opset} yet: export the model for an older one`,
      { cause: thrown },
    );
  }
  return SiskinError.from(
    thrown,
    'runtime_failed',
    `the model does not run in ${runtime}: ${firstLine(message)}`,
  );
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!.slice(0, 500);
