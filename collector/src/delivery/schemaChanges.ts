/**
 * Whether a page that calls the champion can call another version as well: it hands in the same inputs,
 * understands the same answers and times the same stages. How a version prepares its inputs (means,
 * sizes of images, vocabularies, names of graph tensors) is its own affair.
 */
import type { InputSpec, ModelSpec, OutputSpec } from '@siskin/protocol';

type Interface = Pick<ModelSpec, 'inputs' | 'outputs' | 'stages'>;

/** One line for each difference; none, if the next version can take the champion's place. */
export function schemaChanges(champion: Interface, next: Interface): string[] {
  return [
    ...inputChanges(champion.inputs, next.inputs),
    ...outputChanges(champion.outputs, next.outputs),
    ...setChanges('stage', champion.stages ?? [], next.stages ?? []),
  ];
}

function inputChanges(champion: readonly InputSpec[], next: readonly InputSpec[]): string[] {
  const names = (inputs: readonly InputSpec[]) => inputs.map((input) => input.name);
  const changed = champion.flatMap((before) => {
    const after = next.find((input) => input.name === before.name);
    return after === undefined
      ? []
      : inputChange(before, after).map((what) => `input "${before.name}" ${what}`);
  });
  return [...setChanges('input', names(champion), names(next)), ...changed];
}

function inputChange(before: InputSpec, after: InputSpec): string[] {
  if (before.kind === 'numeric' && after.kind === 'numeric') {
    const refuses = before.fill !== undefined && after.fill === undefined;
    return refuses ? ['has no "fill" any more and refuses a missing value'] : [];
  }
  if (before.kind === 'categorical' && after.kind === 'categorical') {
    const lost = before.categories.filter((category) => !after.categories.includes(category));
    return lost.length === 0 ? [] : [`lacks the ${count(lost, 'category', 'categories')}`];
  }
  if (before.kind === 'audio' && after.kind === 'audio') {
    return before.sampleRate === after.sampleRate
      ? []
      : [`takes ${after.sampleRate} samples a second, not ${before.sampleRate}`];
  }
  if (before.kind === 'tensor' && after.kind === 'tensor') {
    return [
      ...(before.type === after.type ? [] : [`is ${after.type}, not ${before.type}`]),
      ...(takesAll(before.shape, after.shape)
        ? []
        : [`has the shape ${shapeText(after.shape)}, not ${shapeText(before.shape)}`]),
    ];
  }
  return before.kind === after.kind ? [] : [`is ${after.kind}, not ${before.kind}`];
}

type Shape = readonly (number | null)[];

/** Whether `after` takes every tensor that `before` takes. */
const takesAll = (before: Shape, after: Shape): boolean =>
  before.length === after.length && after.every((dim, i) => dim === null || dim === before[i]);

const shapeText = (shape: Shape) => `[${shape.map((dim) => dim ?? '?').join(', ')}]`;

function outputChanges(champion: readonly OutputSpec[], next: readonly OutputSpec[]): string[] {
  if (champion.length !== next.length) {
    return [`there are ${next.length} outputs, not ${champion.length}`];
  }
  return champion.flatMap((before, i) =>
    outputChange(before, next[i]!).map((what) => `output ${i + 1} ${what}`),
  );
}

function outputChange(before: OutputSpec, after: OutputSpec): string[] {
  if (before.kind === 'classification' && after.kind === 'classification') {
    const lost = before.labels.filter((label) => !after.labels.includes(label));
    const added = after.labels.filter((label) => !before.labels.includes(label));
    if (lost.length > 0 || added.length > 0) {
      return [
        ...(lost.length === 0 ? [] : [`lacks the ${count(lost, 'label', 'labels')}`]),
        ...(added.length === 0 ? [] : [`has the new ${count(added, 'label', 'labels')}`]),
      ];
    }
    const moved = before.labels.findIndex((label, at) => label !== after.labels[at]);
    return moved < 0
      ? []
      : [
          `has its labels in another order: ${moved + 1} is "${after.labels[moved]}", not "${before.labels[moved]}"`,
        ];
  }
  if (before.kind === 'regression' && after.kind === 'regression') {
    return before.unit === after.unit
      ? []
      : [`is in ${unitText(after.unit)}, not in ${unitText(before.unit)}`];
  }
  return before.kind === after.kind ? [] : [`is a ${after.kind}, not a ${before.kind}`];
}

const unitText = (unit: string | undefined) => (unit === undefined ? 'no unit' : `"${unit}"`);

function setChanges(what: string, before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before
      .filter((name) => !after.includes(name))
      .map((name) => `${what} "${name}" is not there any more`),
    ...after.filter((name) => !before.includes(name)).map((name) => `${what} "${name}" is new`),
  ];
}

const LISTED = 5;

/** `labels "a", "b" and 3 more`. */
function count(names: readonly string[], one: string, many: string): string {
  const listed = names.slice(0, LISTED).map((name) => `"${name}"`);
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `${names.length === 1 ? one : many} ${listed.join(', ')}${more}`;
}
