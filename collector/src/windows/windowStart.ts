/**
 * The window a batch belongs to, by its start: when its own window ended by this server's clock.
 * Device clocks are not trusted; `age` is a difference of two readings of one clock, which is.
 * @param receivedAt epoch milliseconds.
 * @param age milliseconds between the end of the device's window and the request.
 * @param length of a window, milliseconds.
 */
export function windowStart(receivedAt: number, age: number, length: number): number {
  return Math.floor((receivedAt - age) / length) * length;
}
