const minute = 60;
const hour = 60 * minute;

/** Seconds between deliveries of one notice: eight of them within 25 hours (opendocs.alipay.com, 异步通知说明). */
export const ladderSeconds: readonly number[] = [
  4 * minute,
  10 * minute,
  10 * minute,
  hour,
  2 * hour,
  6 * hour,
  15 * hour,
];
