const minute = 60;
const hour = 60 * minute;

/** WeChat Pay's seconds between deliveries of one notice: fifteen redeliveries in 24 h 4 min. */
export const ladderSeconds: readonly number[] = [
  15,
  15,
  30,
  3 * minute,
  10 * minute,
  20 * minute,
  30 * minute,
  30 * minute,
  30 * minute,
  hour,
  3 * hour,
  3 * hour,
  3 * hour,
  6 * hour,
  6 * hour,
];
