import type { ModelSpec, ModelSpecInput } from '@siskin/protocol';
import { parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { schemaChanges } from './schemaChanges.ts';

type Changes = Partial<ModelSpecInput>;

function specOf(changes: Changes): ModelSpec {
  return parseSpec({
    name: 'house',
    version: 'v1',
    format: 'onnx',
    files: ['model.onnx'],
    inputs: [{ name: 'area', kind: 'numeric' }],
    outputs: [{ kind: 'regression', unit: 'USD' }],
    ...changes,
  });
}
const between = (before: Changes, after: Changes) => schemaChanges(specOf(before), specOf(after));

const area = { name: 'area', kind: 'numeric' } as const;
const zone = (...categories: string[]) => ({
  name: 'zone',
  kind: 'categorical' as const,
  categories,
});
const tensor = (shape: (number | null)[], type: 'float32' | 'int32' = 'float32') => ({
  name: 'row',
  kind: 'tensor' as const,
  type,
  shape,
});
const animal = (...labels: string[]): ModelSpecInput['outputs'] => [
  { kind: 'classification', labels },
];

describe('a version may take the champion’s place', () => {
  it.each<[string, Changes, Changes]>([
    ['with the same schema', {}, {}],
    [
      'with another preparation of a number, and a fill where there was none',
      { inputs: [area] },
      { inputs: [{ ...area, tensor: 'x', mean: 3, scale: 2, fill: 1 }] },
    ],
    ['with inputs in another order', { inputs: [area, zone('a')] }, { inputs: [zone('a'), area] }],
    [
      'with more categories, in another order',
      { inputs: [zone('a', 'b')] },
      { inputs: [zone('c', 'b', 'a')] },
    ],
    [
      'with images of another size',
      { inputs: [{ name: 'seen', kind: 'image', width: 28, height: 28, channels: 1 }] },
      {
        inputs: [
          { name: 'seen', kind: 'image', width: 64, height: 32, channels: 3, layout: 'nchw' },
        ],
      },
    ],
    [
      'with another vocabulary',
      { inputs: [{ name: 'said', kind: 'text', length: 4, vocabulary: ['a', 'b'] }] },
      { inputs: [{ name: 'said', kind: 'text', length: 9, lowercase: true }] },
    ],
    ['with a dimension left open', { inputs: [tensor([1, 3])] }, { inputs: [tensor([1, null])] }],
    [
      'with logits in place of probabilities',
      { outputs: animal('cat', 'dog') },
      { outputs: [{ kind: 'classification', labels: ['cat', 'dog'], logits: true }] },
    ],
    [
      'with the logarithm in place of the number',
      {},
      { outputs: [{ kind: 'regression', unit: 'USD', transform: 'exp' }] },
    ],
    ['with the same stages in another order', { stages: ['a', 'b'] }, { stages: ['b', 'a'] }],
    [
      'in another format, automated otherwise',
      {},
      { format: 'tfjs', automation: { level: 'full' } },
    ],
  ])('%s', (_, before, after) => {
    expect(between(before, after)).toEqual([]);
  });
});

describe('a version may not take the champion’s place', () => {
  it.each<[string, Changes, Changes, string[]]>([
    [
      'without an input',
      { inputs: [area, zone('a')] },
      { inputs: [area] },
      ['input "zone" is not there any more'],
    ],
    ['with a new one', { inputs: [area] }, { inputs: [area, zone('a')] }, ['input "zone" is new']],
    [
      'with one under another name',
      { inputs: [area] },
      { inputs: [{ ...area, name: 'size' }] },
      ['input "area" is not there any more', 'input "size" is new'],
    ],
    [
      'with one of another kind',
      { inputs: [{ ...area, name: 'zone' }] },
      { inputs: [zone('a')] },
      ['input "zone" is categorical, not numeric'],
    ],
    [
      'where a missing value is refused that was filled in',
      { inputs: [{ ...area, fill: 0 }] },
      { inputs: [area] },
      ['input "area" has no "fill" any more and refuses a missing value'],
    ],
    [
      'with fewer categories',
      { inputs: [zone('a', 'b', 'c')] },
      { inputs: [zone('b')] },
      ['input "zone" lacks the categories "a", "c"'],
    ],
    [
      'with many categories fewer, of which some are named',
      { inputs: [zone('z', ...'abcdefg')] },
      { inputs: [zone('z')] },
      ['input "zone" lacks the categories "a", "b", "c", "d", "e" and 2 more'],
    ],
    [
      'with a tensor of another type',
      { inputs: [tensor([1, 3])] },
      { inputs: [tensor([1, 3], 'int32')] },
      ['input "row" is int32, not float32'],
    ],
    [
      'with a tensor of another shape',
      { inputs: [tensor([1, 3])] },
      { inputs: [tensor([1, 4])] },
      ['input "row" has the shape [1, 4], not [1, 3]'],
    ],
    [
      'with a tensor of another rank',
      { inputs: [tensor([1, 3])] },
      { inputs: [tensor([3])] },
      ['input "row" has the shape [3], not [1, 3]'],
    ],
    [
      'with a dimension fixed that was open',
      { inputs: [tensor([1, null])] },
      { inputs: [tensor([1, 3])] },
      ['input "row" has the shape [1, 3], not [1, ?]'],
    ],
    [
      'with sounds at another rate',
      { inputs: [{ name: 'heard', kind: 'audio', sampleRate: 16_000 }] },
      { inputs: [{ name: 'heard', kind: 'audio', sampleRate: 8000 }] },
      ['input "heard" takes 8000 samples a second, not 16000'],
    ],
    [
      'with an output of another kind',
      {},
      { outputs: animal('cat', 'dog') },
      ['output 1 is a classification, not a regression'],
    ],
    [
      'with more outputs',
      {},
      { outputs: [{ kind: 'regression', unit: 'USD' }, { kind: 'tensor' }] },
      ['there are 2 outputs, not 1'],
    ],
    [
      'with other labels',
      { outputs: animal('cat', 'dog') },
      { outputs: animal('cat', 'cow', 'ant') },
      ['output 1 lacks the label "dog"', 'output 1 has the new labels "cow", "ant"'],
    ],
    [
      'with labels in another order',
      { outputs: animal('cat', 'dog') },
      { outputs: animal('dog', 'cat') },
      ['output 1 has its labels in another order: 1 is "dog", not "cat"'],
    ],
    [
      'in another unit',
      {},
      { outputs: [{ kind: 'regression', unit: 'EUR' }] },
      ['output 1 is in "EUR", not in "USD"'],
    ],
    [
      'without a unit',
      {},
      { outputs: [{ kind: 'regression' }] },
      ['output 1 is in no unit, not in "USD"'],
    ],
    [
      'with other stages',
      { stages: ['crop'] },
      { stages: ['turn'] },
      ['stage "crop" is not there any more', 'stage "turn" is new'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(between(before, after)).toEqual(expected);
  });
});
