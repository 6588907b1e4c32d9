import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { type Fields, signatureOf, signed } from "../world/gateway.ts";
import { type Random, randomOf } from "../world/random.ts";
import { type Flaw, type Return, type Taking, type Trade, fenOf, promisedOf, takenOf, yuanOf } from "./book.ts";
import { tellUntilHeard } from "./notices.ts";
import { returnStories } from "./return-stories.ts";
import { tradeStories } from "./trade-stories.ts";

/** Longer than the shop waits for an answer (5 s). */
const stallMs = 5_300;
const longestBody = 65_536;

export type Adversary = {
  readonly providers: readonly string[];
  readonly url: (provider: string) => string;
  readonly secret: (provider: string) => string;
  /** The truth, by number. */
  readonly trades: ReadonlyMap<string, Trade>;
  readonly random: Random;
  /** How long the shop's orders live. */
  readonly ttlMs: number;
  /** What it learns only when the api is up: where numbers that it makes up are told to. */
  callbackUrl: string;
  readonly take: (trade: Trade, fen?: number, currency?: string) => Taking;
  readonly tell: (trade: Pick<Trade, "provider" | "notifyUrl">, fields: Fields) => Promise<void>;
  readonly openForeign: (provider: string, outTradeNo: string) => Trade;
  /** Something that it does in its own time; `quiet` waits for all of them. */
  readonly later: (work: () => Promise<void>) => void;
  readonly quiet: () => Promise<void>;
  /** Numbers that two calls refunded beyond what was taken, or that were asked of nothing. */
  readonly complaints: string[];
  readonly stop: () => Promise<void>;
};

export type AdversaryOptions = { readonly providers: readonly string[]; readonly port: number; readonly ttlMs: number };

/** A gateway of the contract's `hmac` calls that behaves as badly as it can, and keeps an exact book of its money. */
export async function startAdversary({ providers, port, ttlMs }: AdversaryOptions): Promise<Adversary> {
  const trades = new Map<string, Trade>();
  const random = randomOf("adversary");
  const works = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const complaints: string[] = [];
  const secret = (provider: string) => `the secret of ${provider} 口令`;
  const url = (provider: string) => `http://127.0.0.1:${port}/${provider}`;
  const counts = new Map<string, number>();

  const adversary: Adversary = {
    providers,
    url,
    secret,
    trades,
    random,
    ttlMs,
    callbackUrl: "",
    complaints,
    take: (trade, fen = trade.asked, currency = "CNY") => {
      const number = (counts.get(trade.provider) ?? 0) + 1;
      counts.set(trade.provider, number);
      const taking = { transactionId: oddIdOf(number), fen, currency };
      trade.takings.push(taking);
      return taking;
    },
    tell: ({ provider, notifyUrl }, fields) => tellUntilHeard(notifyUrl, fields, secret(provider)),
    openForeign: (provider, outTradeNo) => {
      const trade = newTrade({
        provider,
        outTradeNo,
        asked: 0,
        notifyUrl: `${adversary.callbackUrl}/${provider}`,
        story: "unknown number",
      });
      trades.set(outTradeNo, trade);
      return trade;
    },
    later: (work) => {
      const running: Promise<void> = work()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => works.delete(running));
      works.add(running);
    },
    quiet: async () => {
      while (works.size > 0) await Promise.all(works);
      if (failures.length > 0) throw new AggregateError(failures, `the adversary failed: ${String(failures[0])}`);
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, provider = "", call = ""] = (request.url ?? "").split("/");
    const asked = await bodyOf(request);
    if (asked["sign"] !== signatureOf(asked, secret(provider))) {
      complaints.push(`${call} with a wrong signature`);
      return void response.writeHead(401).end();
    }
    const trade = trades.get(asked["out_trade_no"] ?? "");
    const { answer, flaw } = answerTo(call, provider, asked, trade);
    await send(response, provider, answer, flaw);
  }

  type Answer = { readonly answer: Fields; readonly flaw: Flaw | undefined };

  function answerTo(call: string, provider: string, asked: Fields, trade: Trade | undefined): Answer {
    switch (call) {
      case "pay":
        return pay(provider, asked, trade);
      case "query":
        return query(trade);
      case "close":
        return close(trade);
      case "refund":
        return refund(asked, trade);
      case "refund-query":
        return refundQuery(asked);
      default:
        throw new Error(`${call} is not played`);
    }
  }

  function pay(provider: string, asked: Fields, known: Trade | undefined): Answer {
    const trade = known ?? opened(provider, asked);
    if (fenOf(asked["amount"] ?? "") !== trade.asked) complaints.push(`${trade.outTradeNo} with two amounts`);
    return {
      answer: { code: "SUCCESS", cashier_url: `${url(provider)}/cashier/${trade.outTradeNo}` },
      flaw: trade.flaws.shift(),
    };
  }

  function opened(provider: string, asked: Fields): Trade {
    const outTradeNo = asked["out_trade_no"] ?? "";
    const [story, play] = tradeStories[random.below(tradeStories.length)] ?? tradeStories[0];
    const notifyUrl = asked["notify_url"] ?? "";
    const trade = newTrade({ provider, outTradeNo, asked: fenOf(asked["amount"] ?? ""), notifyUrl, story });
    trades.set(outTradeNo, trade);
    adversary.later(() => play(adversary, trade));
    return trade;
  }

  function query(trade: Trade | undefined): Answer {
    if (trade === undefined) return { answer: { code: "NOT_FOUND" }, flaw: undefined };
    return { answer: standingOf(trade), flaw: trade.flaws.shift() };
  }

  function close(trade: Trade | undefined): Answer {
    if (trade === undefined) return { answer: { code: "NOT_FOUND" }, flaw: undefined };
    const { onClose } = trade;
    trade.onClose = undefined;
    const code =
      onClose?.() ?? (trade.says === "NOT_FOUND" ? "NOT_FOUND" : trade.takings.length > 0 ? "PAID" : "SUCCESS");
    if (code === "SUCCESS") trade.closed = true;
    return { answer: { code }, flaw: trade.flaws.shift() };
  }

  function refund(asked: Fields, trade: Trade | undefined): Answer {
    const outRefundNo = asked["out_refund_no"] ?? "";
    const fen = fenOf(asked["refund_amount"] ?? "");
    const known = trade?.returns.find((one) => one.outRefundNo === outRefundNo);
    if (known !== undefined) {
      if (known.fen !== fen) complaints.push(`${outRefundNo} with two amounts`);
      return { answer: refundStanding(known), flaw: known.flaws.shift() };
    }
    if (trade === undefined || takenOf(trade) < promisedOf(trade) + fen) {
      // What went back from its console the shop may not have heard of yet.
      const isConsoles = trade?.returns.some((one) => one.story === "in the console") ?? false;
      if (!isConsoles) complaints.push(`${outRefundNo}: ${fen} of ${JSON.stringify(trade ?? "nothing")}`);
      return { answer: { code: "FAIL", message: "more than was taken" }, flaw: undefined };
    }
    // What failed once goes through the next time: the books are to close within the test's time.
    const isSecondTry = trade.returns.some(({ status }) => status === "FAIL" || status === "CLOSED");
    const [story, play] = returnStories[isSecondTry ? 0 : random.below(returnStories.length)] ?? returnStories[0];
    const notifyUrl = asked["notify_url"] ?? "";
    const one: Return = { outRefundNo, fen, story, status: "PROCESSING", flaws: [], notifyUrl };
    trade.returns.push(one);
    adversary.later(() => play(adversary, trade, one));
    return { answer: refundStanding(one), flaw: one.flaws.shift() };
  }

  function refundQuery(asked: Fields): Answer {
    const outRefundNo = asked["out_refund_no"] ?? "";
    for (const { returns } of trades.values()) {
      const one = returns.find((known) => known.outRefundNo === outRefundNo);
      if (one !== undefined) return { answer: refundStanding(one), flaw: one.flaws.shift() };
    }
    return { answer: { code: "NOT_FOUND" }, flaw: undefined };
  }

  async function send(
    response: ServerResponse,
    provider: string,
    answer: Fields,
    flaw: Flaw | undefined,
  ): Promise<void> {
    const stale = { timestamp: String(Math.floor(Date.now() / 1000) - 3_600) };
    const another = { out_trade_no: "another0payment0", out_refund_no: "another0refund0", transaction_id: "another's" };
    switch (flaw) {
      case "stall":
        await sleep(stallMs);
        break;
      case "broken":
        return void response.writeHead(502).end("<html>bad gateway</html>");
      case "garbage":
        return void response.end('{"code":"SUCCESS","status":');
      case "cut":
        return void response.destroy();
      case "unsigned":
        return void response.end(JSON.stringify({ ...answer, sign: "0".repeat(64) }));
      case "stale":
        return void response.end(JSON.stringify(signed({ ...answer, ...stale }, secret(provider))));
      case "another":
        return void response.end(JSON.stringify(signed({ ...answer, ...another }, secret(provider))));
      case undefined:
        break;
    }
    if (!response.destroyed) response.end(JSON.stringify(signed(answer, secret(provider))));
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return adversary;
}

/** Long, short, numeric; each gateway counts for itself, so the same ids mean other money at another one. */
function oddIdOf(number: number): string {
  const shapes = [
    String(number),
    `4200${String(number).padStart(60, "0")}`,
    `${number}/*%"'<:>_-`,
    `9007199254740993${number}`,
    `${"long-".repeat(30)}${number}`,
    `TX-${number}`,
  ];
  return shapes[number % shapes.length] ?? String(number);
}

type NewTrade = Pick<Trade, "provider" | "outTradeNo" | "asked" | "notifyUrl" | "story">;

function newTrade(facts: NewTrade): Trade {
  return { ...facts, takings: [], returns: [], says: undefined, onClose: undefined, closed: false, flaws: [] };
}

function standingOf(trade: Trade): Fields {
  const { says, takings, asked, closed } = trade;
  if (says === "NOT_FOUND") return { code: "NOT_FOUND" };
  const taken = takings[0];
  const amount = yuanOf((says?.amount ?? taken?.fen ?? asked) || asked);
  if (taken === undefined) return { code: "SUCCESS", status: says?.status ?? (closed ? "CLOSED" : "NOTPAY"), amount };
  return {
    code: "SUCCESS",
    status: says?.status ?? "SUCCESS",
    transaction_id: taken.transactionId,
    amount,
  };
}

function refundStanding({ outRefundNo, status }: Return): Fields {
  return { code: "SUCCESS", refund_id: `gateway-${outRefundNo}`, refund_status: status };
}

async function bodyOf(request: IncomingMessage): Promise<Fields> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > longestBody) throw new Error("too much was asked");
    chunks.push(bytes);
  }
  // Its signature is checked over these texts next.
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
