/** How long to wait after this many deliveries; `undefined` when the gateway gives up. */
export function redeliveryDelayMs(
  ladderSeconds: readonly number[],
  deliveries: number,
  speed: number,
): number | undefined {
  const seconds = ladderSeconds[deliveries - 1];
  return seconds === undefined ? undefined : Math.ceil((seconds * 1000) / speed);
}
