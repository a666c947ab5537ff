/** The probabilities of all labels, as bars. */
import { element, write } from '../dom.ts';
import { percent } from '../format.ts';

export interface Bars {
  lay(labels: readonly string[]): void;
  /** @param shares in the order of the labels, each 0 … 1; null: none. */
  show(shares: Float32Array | null): void;
}

export function createBars(list: HTMLElement): Bars {
  let rows: { item: HTMLElement; share: HTMLElement }[] = [];
  return {
    lay(labels) {
      rows = labels.map((label) => {
        const share = element('span', { class: 'share' }, '–');
        const item = element(
          'li',
          {},
          element('span', { class: 'name' }, label),
          element('span', { class: 'bar' }),
          share,
        );
        return { item, share };
      });
      list.replaceChildren(...rows.map(({ item }) => item));
    },
    show(shares) {
      const most = shares === null ? -1 : shares.indexOf(Math.max(...shares));
      rows.forEach(({ item, share }, i) => {
        const value = shares?.[i];
        item.style.setProperty('--share', String(value ?? 0));
        item.toggleAttribute('data-most', i === most);
        write(share, value === undefined ? '–' : percent(value));
      });
    },
  };
}
