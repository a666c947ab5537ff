import { describe, expect, it } from 'vitest';
import { SiskinError } from './errors.ts';
import { parseSpec } from './spec.ts';
import { changed, DIGITS, HOUSE } from './specs.fixture.ts';

function refusalOf(value: unknown): string {
  try {
    parseSpec(value);
  } catch (error) {
    expect(error).toBeInstanceOf(SiskinError);
    expect((error as SiskinError).code).toBe('spec_invalid');
    return (error as SiskinError).message;
  }
  throw new Error('the spec was accepted');
}

describe('parseSpec', () => {
  it('fills in defaults', () => {
    expect(parseSpec(HOUSE)).toEqual({
      ...HOUSE,
      automation: { level: 'assist', threshold: 0.5 },
    });
    const digits = parseSpec(DIGITS);
    expect(digits.inputs[0]).toEqual({
      ...DIGITS.inputs[0],
      layout: 'nhwc',
      mean: 0,
      scale: 1,
    });
    expect(digits.outputs[0]).toMatchObject({ logits: false });
    expect(parseSpec({ ...HOUSE, automation: { level: 'partial' } }).automation).toEqual({
      level: 'partial',
      threshold: 0.5,
    });
  });

  it('is its own fixed point', () => {
    expect(parseSpec(parseSpec(HOUSE))).toEqual(parseSpec(HOUSE));
    expect(parseSpec(parseSpec(DIGITS))).toEqual(parseSpec(DIGITS));
  });

  it('takes tensors of any rank, dynamic dimensions included', () => {
    for (const shape of [[], [null, 16], [1, 2, 3, 4, 5, 6, 7, 8], [0]]) {
      const inputs = [{ name: 'x', kind: 'tensor', shape }];
      expect(parseSpec({ ...HOUSE, inputs }).inputs[0]).toMatchObject({ shape, type: 'float32' });
    }
  });

  it.each([
    ['name', ['name'], '', 'name'],
    ['name', ['name'], 'a b', 'name'],
    ['name', ['name'], '../x', 'name'],
    ['name', ['name'], 'a'.repeat(65), 'name'],
    ['name', ['name'], 'constructor', 'name'],
    ['name', ['name'], '__proto__', 'name'],
    ['version', ['version'], undefined, 'version'],
    ['version', ['version'], 1, 'version'],
    ['format', ['format'], 'pytorch', 'format'],
    ['an option nobody knows', ['colour'], 'red', 'colour'],
    ['files', ['files'], [], 'files'],
    ['files', ['files'], ['model.onnx', 'model.onnx'], 'files'],
    ['a file elsewhere', ['files', 0], '../secret', 'files.0'],
    ['a file elsewhere', ['files', 0], 'a/../../secret', 'files.0'],
    ['a file elsewhere', ['files', 0], '/etc/passwd', 'files.0'],
    ['a file elsewhere', ['files', 0], 'C:/model.onnx', 'files.0'],
    ['a file elsewhere', ['files', 0], '..\\secret', 'files.0'],
    ['a file without a name', ['files', 0], 'folder/', 'files.0'],
    ['inputs', ['inputs'], [], 'inputs'],
    ['an input of no kind', ['inputs', 0, 'kind'], 'video', 'inputs.0.kind'],
    ['an input with a typing error', ['inputs', 0, 'men'], 1, 'inputs.0.men'],
    ['a scale of 0', ['inputs', 0, 'scale'], 0, 'inputs.0.scale'],
    ['a negative scale', ['inputs', 0, 'scale'], -1, 'inputs.0.scale'],
    ['a fill that is NaN', ['inputs', 0, 'fill'], Number.NaN, 'inputs.0.fill'],
    ['a mean that is infinite', ['inputs', 0, 'mean'], Infinity, 'inputs.0.mean'],
    ['no categories', ['inputs', 1, 'categories'], [], 'inputs.1.categories'],
    ['a category twice', ['inputs', 1, 'categories'], ['a', 'b', 'a'], 'inputs.1.categories'],
    ['a nameless category', ['inputs', 1, 'categories', 1], '', 'inputs.1.categories.1'],
    ['an input named twice', ['inputs', 1, 'name'], 'area', 'inputs'],
    ['outputs', ['outputs'], [], 'outputs'],
    ['an unknown output', ['outputs', 0, 'kind'], 'ranking', 'outputs.0.kind'],
    ['a transform', ['outputs', 0, 'transform'], 'square', 'outputs.0.transform'],
    ['a stage twice', ['stages'], ['a', 'a'], 'stages'],
    ['a level', ['automation'], { level: 'maximal' }, 'automation.level'],
    ['a threshold', ['automation'], { level: 'partial', threshold: 1.1 }, 'automation.threshold'],
  ])('names the path of a wrong %s', (_, path, value, where) => {
    const message = refusalOf(changed(HOUSE, path, value));
    expect(message).toContain(`${where}: `);
  });

  it.each([
    [['inputs', 0, 'width'], 0, 'inputs.0.width'],
    [['inputs', 0, 'height'], 28.5, 'inputs.0.height'],
    [['inputs', 0, 'channels'], 4, 'inputs.0.channels'],
    [['inputs', 0, 'layout'], 'hwc', 'inputs.0.layout'],
    [['outputs', 0, 'labels'], ['only'], 'outputs.0.labels'],
    [['outputs', 0, 'labels'], ['a', 'a'], 'outputs.0.labels'],
    [['outputs', 0, 'logits'], 'yes', 'outputs.0.logits'],
  ])('of an image classifier, too: %j', (path, value, where) => {
    expect(refusalOf(changed(DIGITS, path, value))).toContain(`${where}: `);
  });

  it('takes text and audio', () => {
    const inputs = [
      { name: 'note', kind: 'text', length: 64, vocabulary: ['[PAD]', '[UNK]', 'roof'] },
      { name: 'voice', kind: 'audio', sampleRate: 16000 },
    ];
    expect(parseSpec({ ...HOUSE, inputs }).inputs).toEqual([
      { ...inputs[0], type: 'int64', lowercase: false, unknown: 1, pad: 0 },
      inputs[1],
    ]);
  });

  it('takes what the ML team wants of labels, guardrails and alarms', () => {
    const wishes = {
      labels: { column: 'price' },
      guardrails: [{ metric: 'error' }, { metric: 'p95_latency', promoteRatio: 1.2 }],
      alarm: {
        q: 0.01,
        size: { psi: 0.2 },
        features: { 'input/area': { wasserstein: 0.3 } },
        persistence: { of: 2, windows: 3 },
        references: ['training', 'seasonal'],
        recentDays: 7,
      },
    };
    expect(parseSpec({ ...HOUSE, ...wishes })).toMatchObject({
      labels: { column: 'price', keepDays: 7 },
      guardrails: [{ metric: 'error', promoteRatio: 2 }, wishes.guardrails[1]],
      alarm: wishes.alarm,
    });
  });

  it.each([
    ['labels', { keepDays: -1 }, 'labels.keepDays'],
    ['labels', { columns: 'price' }, 'labels.columns'],
    ['guardrails', [{ metric: 'happiness' }], 'guardrails.0.metric'],
    ['guardrails', [{ metric: 'error', promoteRatio: 1 }], 'guardrails.0.promoteRatio'],
    ['alarm', { q: 0 }, 'alarm.q'],
    ['alarm', { persistence: { of: 3, windows: 2 } }, 'alarm.persistence'],
    ['alarm', { references: [] }, 'alarm.references'],
    ['alarm', { references: ['yesterday'] }, 'alarm.references.0'],
    ['alarm', { size: { rate: 2 } }, 'alarm.size.rate'],
    ['alarm', { features: { 'input/area': { psj: 1 } } }, 'alarm.features.input/area.psj'],
  ])('refuses %s %j', (name, value, where) => {
    expect(refusalOf({ ...HOUSE, [name]: value })).toContain(`${where}: `);
  });

  it('names several faults at once, and stops at five', () => {
    const message = refusalOf({});
    for (const name of ['name', 'version', 'format', 'files', 'inputs']) {
      expect(message).toContain(`${name}: `);
    }
    expect(message).toMatch(/and \d+ more/);
  });

  it.each([[null], [undefined], ['{}'], [[]], [7]])('refuses %j', (value) => {
    expect(refusalOf(value)).toMatch(/the model spec is invalid/);
  });
});
