/** The form: one labelled control an input, and the values that stand in it. */
import { element, write } from '../dom.ts';
import { count } from '../format.ts';
import type { ChoiceField, Field, NumberField } from './fields.ts';

/** null: left empty. The model takes a typical value instead, and the gap is counted as missing. */
export type Values = Record<string, number | string | null>;

export interface Form {
  /** Lays out the fields of a version; what a person has entered stays. */
  lay(fields: readonly Field[]): void;
  read(): Values;
  /** What stands in it, as a person would read it out. */
  words(): string;
  fill(values: Values): void;
}

export function createForm(grid: HTMLElement): Form {
  let laid = '';
  const controls = new Map<string, HTMLInputElement | HTMLSelectElement>();
  const labels = new Map<string, string>();
  /** Filled in before the version, and so the fields, were known. */
  let early: Values = {};

  const read = (): Values =>
    Object.fromEntries(
      [...controls].map(([name, control]) => {
        if (control instanceof HTMLSelectElement) return [name, control.value || null];
        return [name, Number.isNaN(control.valueAsNumber) ? null : control.valueAsNumber];
      }),
    );
  const fill = (values: Values) => {
    if (controls.size === 0) early = values;
    for (const [name, value] of Object.entries(values)) {
      const control = controls.get(name);
      if (control === undefined) continue;
      if (control instanceof HTMLSelectElement) choose(control, value);
      else control.value = value === null ? '' : String(value);
      control.dispatchEvent(new Event('siskin:filled'));
    }
  };
  return {
    lay(fields) {
      const wanted = JSON.stringify(fields);
      if (wanted === laid) return;
      laid = wanted;
      const entered = read();
      controls.clear();
      const rows = fields.map((field) => {
        const [row, control] = field.kind === 'number' ? numberRow(field) : choiceRow(field);
        controls.set(field.name, control);
        labels.set(field.name, field.label);
        return row;
      });
      grid.replaceChildren(...rows);
      fill({ ...entered, ...early });
      early = {};
    },
    read,
    words: () =>
      Object.entries(read())
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${labels.get(name)} ${value}`)
        .join(' · '),
    fill,
  };
}

/** A category that this version has not learnt is shown and sent to the model all the same. */
function choose(select: HTMLSelectElement, value: number | string | null): void {
  const text = value === null ? '' : String(value);
  select.querySelector('option[data-new]')?.remove();
  if (![...select.options].some((option) => option.value === text)) {
    select.append(
      element('option', { value: text, 'data-new': true }, `${text} (new to the model)`),
    );
  }
  select.value = text;
}

function numberRow(field: NumberField): [HTMLElement, HTMLInputElement] {
  const id = `field-${field.name}`;
  const bound = (value: number) => (Number.isFinite(value) ? value : undefined);
  const range = { min: bound(field.min), max: bound(field.max), step: field.step || 'any' };
  const box = element('input', {
    id,
    name: field.name,
    type: 'number',
    inputmode: Number.isInteger(field.step) ? 'numeric' : 'decimal',
    value: field.initial ?? '',
    'aria-describedby': `${id}-hint`,
    autocomplete: 'off',
    ...range,
    // Steps start at the minimum; houses do not.
    step: 'any',
  });
  const hint = element('p', { id: `${id}-hint`, class: 'hint' });
  const label = element('label', { for: id }, field.label);
  if (field.unit) label.append(element('span', { class: 'unit' }, ` ${field.unit}`));
  const row = element('div', { class: 'field' }, label, box, hint);
  const advise = () => write(hint, adviceFor(field, box.valueAsNumber));
  box.addEventListener('input', advise);
  box.addEventListener('siskin:filled', advise);
  stepBy(box, field);
  if (field.slider) box.after(sliderFor(box, range));
  advise();
  return [row, box];
}

/** Says what an unusual value means, before anybody wonders about the answer. */
function adviceFor(field: NumberField, value: number): string {
  if (Number.isNaN(value)) {
    return field.fill === undefined ? 'Needed' : `Missing: the model takes ${count(field.fill)}`;
  }
  return value < field.min || value > field.max ? 'Rare in Ames' : '';
}

/** Arrow keys move by the field's own step, from whatever value stands there. */
function stepBy(box: HTMLInputElement, { step, min, max, fill }: NumberField): void {
  if (step === 0) return;
  box.addEventListener('keydown', (event) => {
    const sign = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (sign === 0) return;
    event.preventDefault();
    const from = Number.isNaN(box.valueAsNumber) ? (fill ?? 0) : box.valueAsNumber;
    box.value = String(Math.min(Math.max(from + sign * step, min), max));
    box.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

/** For pointers only: the box says and does the same for keyboards and screen readers. */
function sliderFor(
  box: HTMLInputElement,
  range: { min: number | undefined; max: number | undefined; step: number | string },
): HTMLInputElement {
  const slider = element('input', { type: 'range', tabindex: -1, 'aria-hidden': 'true', ...range });
  const follow = () => {
    slider.value = box.value || String(range.min ?? 0);
    const share = (slider.valueAsNumber - Number(slider.min)) / (+slider.max - +slider.min);
    slider.style.setProperty('--share', `${share * 100}%`);
  };
  slider.addEventListener('input', (event) => {
    event.stopPropagation();
    box.value = slider.value;
    box.dispatchEvent(new Event('input', { bubbles: true }));
  });
  box.addEventListener('input', follow);
  box.addEventListener('siskin:filled', follow);
  follow();
  return slider;
}

function choiceRow(field: ChoiceField): [HTMLElement, HTMLSelectElement] {
  const id = `field-${field.name}`;
  const select = element(
    'select',
    { id, name: field.name, autocomplete: 'off' },
    element('option', { value: '' }, 'Not known'),
    ...field.choices.map((choice) => element('option', { value: choice }, choice)),
  );
  choose(select, field.initial);
  const label = element('label', { for: id }, field.label);
  return [element('div', { class: 'field' }, label, select), select];
}
