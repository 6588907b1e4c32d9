import type { AlertFacts, AlertSeverity, ExceptionKind } from "@zhanggui/domain";

import type { AlertNews } from "./news.ts";

export type Language = "zh" | "en";

/** The same in both languages. */
export type Words = Readonly<Record<Language, string>>;

/** A message's title, and below it what is known, one line each. */
export type Told = { readonly title: Words; readonly lines: readonly Words[] };

type Describe = (facts: Say) => Told;

const describers: Readonly<Record<AlertNews["kind"], Describe>> = {
  cases_open: (say) => ({
    title: {
      zh: `${say("cases")} 笔「${caseKind(say("kind")).zh}」异常待处理`,
      en: `${say("cases")} open: ${caseKind(say("kind")).en}`,
    },
    lines: [amount(say("amount")), line("最早", "Oldest", time(say("oldest")))],
  }),
  cases_overdue: (say) => ({
    title: { zh: `${say("cases")} 笔异常已超期未处理`, en: `${say("cases")} cases are overdue` },
    lines: [amount(say("amount")), line("最早", "Oldest", time(say("oldest")))],
  }),
  unit_mixed_up: (say) => ({
    title: {
      zh: `渠道 ${say("provider")} 的金额差 100 倍：元与分弄混了`,
      en: `Amounts of ${say("provider")} are a hundredfold off: yuan and fen are mixed up`,
    },
    lines: [
      amount(say("amount")),
      {
        zh: "这是配置错误，每笔支付都会受影响，请立即检查",
        en: "This is a mistake of set-up and hits every payment: look at once",
      },
    ],
  }),
  provider_silent: (say) => ({
    title: { zh: `渠道 ${say("provider")} 收不到回调`, en: `No callbacks from ${say("provider")}` },
    lines: [
      {
        zh: "款项只能靠主动查询发现，请检查通知地址和防火墙",
        en: "Its payments are found by query only: check the notify address and the firewall",
      },
    ],
  }),
  provider_unreachable: (say) => ({
    title: { zh: `渠道 ${say("provider")} 无法连接`, en: `${say("provider")} cannot be reached` },
    lines: [
      line("连续无应答次数", "Calls without an answer", say("calls")),
      line("最近一次应答", "Last answer", time(say("lastAnswer"))),
    ],
  }),
  callbacks_refused: (say) => ({
    title: {
      zh: `渠道 ${say("provider")} 有 ${say("refused")} 个回调验签未通过`,
      en: `${say("refused")} callbacks of ${say("provider")} were refused`,
    },
    lines: [
      line("时间范围", "Within", minutes(say("minutes"))),
      {
        zh: "请检查密钥、证书和服务器时间；也可能有人在伪造",
        en: "Check its keys, its certificates and the clock; or somebody forges them",
      },
    ],
  }),
  callbacks_waiting: (say) => ({
    title: { zh: `${say("waiting")} 个回调等待入账`, en: `${say("waiting")} callbacks wait to be settled` },
    lines: [line("最久等待", "The oldest for", seconds(say("oldestSeconds")))],
  }),
  expiry_late: (say) => ({
    title: { zh: `${say("orders")} 笔订单到期未关闭`, en: `${say("orders")} orders are past their deadline` },
    lines: [line("最久", "The oldest by", seconds(say("oldestSeconds")))],
  }),
  refunds_unknown: (say) => ({
    title: {
      zh: `${say("refunds")} 笔退款结果未知`,
      en: `${say("refunds")} refunds have no known outcome`,
    },
    lines: [line("最久", "The oldest for", seconds(say("oldestSeconds")))],
  }),
  law_broken: (say) => ({
    title: { zh: `不变式被破坏：${say("law")}`, en: `A law is broken: ${say("law")}` },
    lines: [line("违反", "Breaches", say("breaches")), line("详情", "It says", say("says"))],
  }),
  audit_broken: (say) => ({
    title: { zh: "审计链校验不通过", en: "The audit chain is broken" },
    lines: [line("详情", "It says", say("says"))],
  }),
  reconciliation: (say) => ({
    title: {
      zh: `渠道 ${say("provider")} ${say("day")} ${say("state") === "failed" ? "对账未完成" : `对账有 ${say("differences")} 处差异`}`,
      en: `${say("provider")} ${say("day")}: ${say("state") === "failed" ? "could not be reconciled" : `${say("differences")} differences`}`,
    },
    lines: [],
  }),
  key_expiring: (say) => ({
    title: {
      zh: `渠道 ${say("provider")} 的证书${say("isOver") === "yes" ? "已过期" : "即将到期"}`,
      en: `A certificate of ${say("provider")} ${say("isOver") === "yes" ? "has expired" : "expires soon"}`,
    },
    lines: [line("证书", "Certificate", say("place")), line("到期", "On", say("until"))],
  }),
  test: () => ({
    title: { zh: "测试消息：告警可以送达", en: "A test: alerts arrive here" },
    lines: [{ zh: "由 ops alert test 发出，无需处理", en: "Sent by ops alert test; there is nothing to do" }],
  }),
};

const events: Readonly<Record<AlertNews["event"], Words>> = {
  firing: { zh: "告警", en: "ALERT" },
  more: { zh: "新增", en: "MORE" },
  repeat: { zh: "仍未恢复", en: "STILL" },
  resolved: { zh: "已恢复", en: "RESOLVED" },
  test: { zh: "测试", en: "TEST" },
};

const severities: Readonly<Record<AlertSeverity, Words>> = {
  warning: { zh: "警告", en: "warning" },
  critical: { zh: "严重", en: "critical" },
};

/** Everything that a person reads, in both languages. Pure. */
export function describe({ kind, event, severity, facts, since, at }: AlertNews): Told {
  const { title, lines } = describers[kind]((name) => factOf(facts, name));
  const word = events[event];
  const span = event === "resolved" ? `${time(since)} – ${time(at)}` : time(since);
  return {
    title: { zh: `【${word.zh}】${title.zh}`, en: `[${word.en}] ${title.en}` },
    lines: [
      ...(event === "resolved" ? [] : lines),
      line("级别", "Severity", severities[severity]),
      line("时间", "Since", span),
    ],
  };
}

/** A fact as it is shown. */
type Say = (name: string) => string;

const longestFact = 160;

/** Nothing that a chat would read as markup, a link or a mention leaves here. */
function factOf(facts: AlertFacts, name: string): string {
  const text = String(facts[name] ?? "-")
    .replaceAll(/[<>[\]`*|&]/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
  return text.length > longestFact ? `${text.slice(0, longestFact).toWellFormed()}…` : text;
}

function line(zh: string, en: string, value: string | Words): Words {
  return typeof value === "string"
    ? { zh: `${zh}：${value}`, en: `${en}: ${value}` }
    : { zh: `${zh}：${value.zh}`, en: `${en}: ${value.en}` };
}

function amount(text: string): Words {
  return line("涉及金额", "Amount", text);
}

function minutes(text: string): Words {
  return { zh: `${text} 分钟`, en: `${text} min` };
}

const minuteSeconds = 60;
const hourSeconds = 3_600;

function seconds(text: string): Words {
  const count = Number(text);
  if (count < minuteSeconds) return { zh: `${text} 秒`, en: `${text} s` };
  if (count < hourSeconds) return minutes(String(Math.floor(count / minuteSeconds)));
  const hours = Math.floor(count / hourSeconds);
  return { zh: `${hours} 小时`, en: `${hours} h` };
}

/** As the shop's people read a clock. */
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" });

function time(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : `${clock.format(at)} (UTC+8)`;
}

const caseKinds: Readonly<Record<ExceptionKind, Words>> = {
  late_payment: { zh: "逾期到账", en: "late payment" },
  surplus_payment: { zh: "重复支付", en: "surplus payment" },
  amount_mismatch: { zh: "金额不符", en: "amount mismatch" },
  unmatched_payment: { zh: "无主款项", en: "unmatched payment" },
  refund_unknown: { zh: "退款结果未知", en: "refund unknown" },
  refund_failed: { zh: "退款失败", en: "refund failed" },
  unknown_status: { zh: "未知状态", en: "unknown status" },
  gateway_unreachable: { zh: "网关不可达", en: "gateway unreachable" },
  invariant_broken: { zh: "数据不一致", en: "law broken" },
};

function caseKind(kind: string): Words {
  return Object.entries(caseKinds).find(([known]) => known === kind)?.[1] ?? { zh: kind, en: kind };
}
