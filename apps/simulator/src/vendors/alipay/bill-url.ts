import { createHmac, timingSafeEqual } from "node:crypto";

import { z } from "zod";

import { shanghaiDay } from "../../shanghai.ts";
import { failure, success } from "./answer.ts";
import type { Call } from "./call.ts";
import { type AlipayHouse, gatewayUrl } from "./house.ts";

const validMs = 30_000;

const input = z.object({
  bill_type: z.string(),
  bill_date: z.union([z.iso.date(), z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, "must be yyyy-MM-dd or yyyy-MM")]),
});

/**
 * `alipay.data.dataservice.bill.downloadurl.query`: an address that is good for 30 seconds. Alipay makes a day's bill the
 * next morning; here the running day has one too, else nobody could rehearse with it. Only `trade` bills are kept.
 */
export const billUrl: Call<z.infer<typeof input>> = {
  input,
  answer(house, { bill_type, bill_date }, { request }) {
    const today = shanghaiDay(house.now());
    if (bill_type !== "trade" || bill_date > today.slice(0, bill_date.length)) return failure("isp.bill_not_exist");
    const timestamp = String(house.now().getTime() + validMs);
    const query = new URLSearchParams({
      bizType: bill_type,
      bizDates: bill_date,
      timestamp,
      token: tokenOf(house, bill_date, timestamp),
    });
    return success({ bill_download_url: `${gatewayUrl(request)}/downloadBillFile.resource?${query.toString()}` });
  },
};

/** The date whose bill an address asks for, while it is good. */
export function readBillAddress(house: AlipayHouse, query: URLSearchParams): string | undefined {
  const [date = "", timestamp = "", token = ""] = ["bizDates", "timestamp", "token"].map(
    (name) => query.get(name) ?? "",
  );
  const expected = Buffer.from(tokenOf(house, date, timestamp));
  const given = Buffer.from(token);
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  return isOurs && Number(timestamp) >= house.now().getTime() ? date : undefined;
}

function tokenOf({ keys }: AlipayHouse, date: string, timestamp: string): string {
  return createHmac("sha256", keys.alipayPrivateKey).update(`${date} ${timestamp}`).digest("hex");
}
