/** Fen, the adversary's only unit: its book never rounds. */
export type Fen = number;

export function fenOf(yuan: string): Fen {
  const [whole = "0", part = ""] = yuan.split(".");
  return Number(whole) * 100 + Number(part.padEnd(2, "0"));
}

export function yuanOf(fen: Fen): string {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

/** Money that the gateway took: the truth, whatever it says of it. */
export type Taking = {
  readonly transactionId: string;
  readonly fen: Fen;
  readonly currency: string;
};

/** Money that the gateway gave back, or was asked to. */
export type Return = {
  readonly outRefundNo: string;
  readonly fen: Fen;
  readonly story: string;
  status: "PROCESSING" | "SUCCESS" | "ABNORMAL" | "CLOSED" | "FAIL";
  /** Calls about it that are answered badly before one is answered well. */
  flaws: Flaw[];
  notifyUrl: string;
};

/** Ways to answer that count as no answer. */
export const flaws = ["stall", "broken", "garbage", "unsigned", "stale", "another", "cut"] as const;
export type Flaw = (typeof flaws)[number];

/** One number of the shop's at one gateway. */
export type Trade = {
  readonly provider: string;
  readonly outTradeNo: string;
  /** What the shop asked for. */
  readonly asked: Fen;
  readonly notifyUrl: string;
  readonly story: string;
  readonly takings: Taking[];
  readonly returns: Return[];
  /** What queries say while nothing was taken, or instead of what was. */
  says: { status: string; amount?: Fen } | "NOT_FOUND" | undefined;
  /** What the first close is answered with; it may take money in that moment. */
  onClose: (() => "SUCCESS" | "PAID" | "NOT_FOUND") | undefined;
  closed: boolean;
  flaws: Flaw[];
};

export function takenOf({ takings }: Pick<Trade, "takings">): Fen {
  return takings.reduce((sum, { fen }) => sum + fen, 0);
}

export function returnedOf({ returns }: Pick<Trade, "returns">): Fen {
  return returns.reduce((sum, { status, fen }) => sum + (status === "SUCCESS" ? fen : 0), 0);
}

/** What it has given back, or still may. */
export function promisedOf({ returns }: Pick<Trade, "returns">): Fen {
  return returns.reduce((sum, { status, fen }) => sum + (status === "FAIL" || status === "CLOSED" ? 0 : fen), 0);
}
