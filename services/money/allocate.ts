/**
 * Splits an amount by weights so that the parts sum to the whole, exactly. What integer division leaves over goes, one smallest
 * unit each, to the first parts with a weight above zero. Throws `RangeError` when no weight is above zero.
 */
export function allocate(amount: bigint, weights: readonly bigint[]): bigint[] {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('A weight is below zero.');
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) throw new RangeError('No weight is above zero.');
  const parts = weights.map((weight) => (amount * weight) / total);
  let left = amount - parts.reduce((sum, part) => sum + part, 0n);
  const step = left < 0n ? -1n : 1n;
  for (let index = 0; left !== 0n; index++) {
    if (weights[index] === 0n) continue;
    parts[index] = (parts[index] as bigint) + step;
    left -= step;
  }
  return parts;
}
