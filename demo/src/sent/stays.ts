/** What stays on this device: shown as it stands, because seeing is believing. */
import { part, write } from '../dom.ts';

export interface Stays {
  house: string;
  /** null: nothing has been drawn. */
  drawing: boolean;
  answers: string;
}

export function showStays(section: HTMLElement, { house, drawing, answers }: Stays): void {
  write(part(section, 'stays-house'), house || 'an empty form');
  write(part(section, 'stays-drawing'), drawing ? 'the one on the pad' : 'none yet');
  write(part(section, 'stays-answers'), answers || 'none yet');
}
