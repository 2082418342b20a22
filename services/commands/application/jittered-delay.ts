const delayMsMax = 250;

/** The pause before the next attempt: longer with each, and never the same for two who collided. */
export function jitteredDelay(attempt: number): Promise<void> {
  const delayMs = Math.min(delayMsMax, 5 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
