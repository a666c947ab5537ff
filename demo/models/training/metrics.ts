/** Held-out figures, from answers and truth. */
import type { Answer } from '@siskin/worker/reference';
import type { Digit } from '../../data/digits.ts';
import { LABELS } from '../../data/digits.ts';
import type { House } from '../../data/houses.ts';

/** |answer / price − 1| for each house: 0.1 is ten per cent off. */
function relativeErrors(answers: readonly Answer[], houses: readonly House[]): number[] {
  return houses.map((house, i) => Math.abs(answers[i]!.value! / house.price - 1));
}

/** The smallest element that at least a share `p` of all do not exceed. */
function nearestRank(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(p * sorted.length) - 1]!;
}

export function priceMetrics(
  answers: readonly Answer[],
  houses: readonly House[],
): { median_relative_error: number; p90_relative_error: number } {
  const errors = relativeErrors(answers, houses);
  return {
    median_relative_error: nearestRank(errors, 0.5),
    p90_relative_error: nearestRank(errors, 0.9),
  };
}

/** Accuracy, mean cross-entropy in nats, and each digit's recall. */
export function digitMetrics(
  answers: readonly Answer[],
  digits: readonly Digit[],
): Record<string, number> {
  const right = digits.map((digit, i) => answers[i]!.label === LABELS[digit.label]);
  const losses = digits.map(
    (digit, i) => -Math.log(Math.max((answers[i]!.output as Float32Array)[digit.label]!, 1e-12)),
  );
  const metrics: Record<string, number> = {
    accuracy: mean(right.map(Number)),
    cross_entropy: mean(losses),
  };
  for (const [label, name] of LABELS.entries()) {
    const ofLabel = right.filter((_, i) => digits[i]!.label === label);
    metrics[`recall_${name}`] = mean(ofLabel.map(Number));
  }
  return metrics;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
