import { afterEach, expect, it, vi } from 'vitest';
import { whenHidden } from './lifecycle.ts';

afterEach(() => void vi.restoreAllMocks());

function setUp() {
  const callback = vi.fn();
  const stop = whenHidden(callback);
  return { callback, stop };
}

const become = (state: DocumentVisibilityState) => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
};

it('calls back when the page is hidden, not when it is shown', () => {
  const { callback, stop } = setUp();
  become('hidden');
  expect(callback).toHaveBeenCalledTimes(1);
  become('visible');
  expect(callback).toHaveBeenCalledTimes(1);
  stop();
});

it('calls back when the page is left or frozen', () => {
  const { callback, stop } = setUp();
  window.dispatchEvent(new PageTransitionEvent('pagehide'));
  document.dispatchEvent(new Event('freeze'));
  expect(callback).toHaveBeenCalledTimes(2);
  stop();
});

it('stops when asked to', () => {
  const { callback, stop } = setUp();
  stop();
  become('hidden');
  window.dispatchEvent(new PageTransitionEvent('pagehide'));
  document.dispatchEvent(new Event('freeze'));
  expect(callback).not.toHaveBeenCalled();
});

it('never listens to unload, which would keep the page out of the back/forward cache', () => {
  const listen = vi.spyOn(window, 'addEventListener');
  setUp().stop();
  const types = listen.mock.calls.map(([type]) => type);
  expect(types).toEqual(['pagehide']);
});
