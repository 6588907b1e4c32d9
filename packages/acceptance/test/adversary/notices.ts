import { setTimeout as sleep } from "node:timers/promises";

import { type Fields, asForm, asJson, signed } from "../world/gateway.ts";
import { ask } from "../world/http.ts";

const patienceMs = 40_000;
const pauseMs = 250;

/** Delivers a notice as gateways do, again and again until it is acknowledged. */
export async function tellUntilHeard(url: string, fields: Fields, secret: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let tries = 0; ; tries += 1) {
    const notice = signed(fields, secret);
    const { contentType, body } = tries % 2 === 0 ? asJson(notice) : asForm(notice);
    const answer = await ask(url, "POST", "", { raw: body, headers: { "content-type": contentType } }).catch(
      () => undefined,
    );
    if (answer?.text === '{"code":"SUCCESS"}') return;
    if (performance.now() > deadline)
      throw new Error(`never acknowledged: ${answer?.status} ${JSON.stringify(fields)}`);
    await sleep(pauseMs);
  }
}

/** Delivers what nobody should believe, and answers with what status it was refused. */
export async function tellForged(url: string, fields: Fields): Promise<number> {
  const { contentType, body } = asJson(signed(fields, "not the gateway's secret"));
  const answer = await ask(url, "POST", "", { raw: body, headers: { "content-type": contentType } });
  return answer.status;
}
