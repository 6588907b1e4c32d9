import { createHash } from "node:crypto";

/** How a receiver wants to be spoken to. */
export type ChannelFormat = "webhook" | "dingtalk" | "wecom" | "feishu" | "slack";

/** A receiver as it was configured. Its address holds a token with every chat robot, and is as secret as `secret`. */
export type ChannelTarget = {
  readonly format: ChannelFormat;
  readonly url: string;
  readonly secret: string | undefined;
};

export type Channel = ChannelTarget & {
  /** Says which one it is, the same in every process and after every restart, and nothing of its address. */
  readonly name: string;
};

const fingerprintLength = 8;

export function openChannels(targets: readonly ChannelTarget[]): readonly Channel[] {
  return targets.map((target) => ({ ...target, name: `${target.format}-${fingerprintOf(target.url)}` }));
}

/** The tokens in these addresses are long and random, so that a digest does not give them away. */
function fingerprintOf(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, fingerprintLength);
}
