/** The little that this page needs of a user-interface library. */

/** The one element within `root` that carries this `data-testid`; the page's parts are named so. */
export function part<T extends HTMLElement = HTMLElement>(root: ParentNode, name: string): T {
  const found = root.querySelector<T>(`[data-testid="${name}"]`);
  if (found === null) throw new Error(`index.html has no part "${name}"`);
  return found;
}

type Attributes = Record<string, string | number | boolean | undefined>;

/** Creates an element; `true` sets an empty attribute, `false` and undefined none. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false)
      made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** Writes only what has changed, so that live regions stay quiet otherwise. */
export function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A copy of a `<template>`'s content in place of `slot`. */
export function stamp(template: string, slot: HTMLElement): void {
  const source = document.querySelector<HTMLTemplateElement>(`#${template}`);
  if (source === null) throw new Error(`index.html has no template "${template}"`);
  slot.replaceWith(source.content.cloneNode(true));
}
