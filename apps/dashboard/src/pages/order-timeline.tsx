import { Timeline as Track, Typography } from "antd";
import type { ReactNode } from "react";

import type { AuditEntry, Timeline } from "../api/types.ts";
import { MoneyText } from "../parts/money-text.tsx";
import { CallbackTag, RefundTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useTexts } from "../texts/preferences.ts";
import type { Texts } from "../texts/shape.ts";

type Event = { readonly key: string; readonly at: string; readonly color: string; readonly says: ReactNode };

/** Everything that is known of the order, in the order in which it happened. */
export function OrderTimeline({ file }: { readonly file: Timeline }) {
  const texts = useTexts();
  const events = eventsOf(file, texts).toSorted((a, b) => a.at.localeCompare(b.at));
  return (
    <Track
      items={events.map(({ key, at, color, says }) => ({
        key,
        color,
        content: (
          <>
            <div>{says}</div>
            <Typography.Text type="secondary">
              <TimeText at={at} />
            </Typography.Text>
          </>
        ),
      }))}
    />
  );
}

function eventsOf({ audit, callbacks, gatewayQueries, refunds, exceptions }: Timeline, texts: Texts): Event[] {
  return [
    ...audit.map((entry) => ({ key: `a${entry.id}`, at: entry.at, color: "blue", says: saysEntry(entry, texts) })),
    ...callbacks.map((callback) => ({
      key: callback.id,
      at: callback.receivedAt,
      color: callback.state === "failed" ? "red" : "green",
      says: (
        <>
          <b>{texts.event.callback}</b> <a href={`#${callback.id}`}>{callback.rawStatus}</a> ·{" "}
          <MoneyText amount={callback.amount} currency={callback.currency} /> <CallbackTag state={callback.state} />
          {callback.deliveries > 1 ? texts.order.deliveries(String(callback.deliveries)) : null}
        </>
      ),
    })),
    ...gatewayQueries.map((query) => ({
      key: query.id,
      at: query.at,
      color: "gray",
      says: (
        <>
          <b>{texts.event[query.call]}</b> {texts.gatewayAnswer[query.answer]}
          {query.says === null ? null : <span className="code"> {query.says}</span>} · {query.ms} ms
        </>
      ),
    })),
    ...refunds.map((refund) => ({
      key: refund.id,
      at: refund.createdAt,
      color: "purple",
      says: (
        <>
          <b>{texts.event.refund}</b> <MoneyText amount={refund.amount} /> <RefundTag status={refund.status} />
          {refund.reason}
        </>
      ),
    })),
    ...exceptions.map((one) => ({
      key: one.id,
      at: one.createdAt,
      color: "orange",
      says: (
        <>
          <b>{texts.event.case}</b> {texts.caseKind[one.kind]} · <MoneyText amount={one.amount} />
        </>
      ),
    })),
  ];
}

function saysEntry({ action, actor, before, after, reason }: AuditEntry, { audit, common }: Texts): ReactNode {
  const known: Readonly<Record<string, string | undefined>> = audit;
  const from = statusIn(before);
  const to = statusIn(after);
  return (
    <>
      <b>{known[action] ?? action}</b>
      {from !== undefined && to !== undefined && from !== to ? (
        <span className="code">
          {" "}
          {from} → {to}
        </span>
      ) : null}{" "}
      · {common.by} {actor}
      {reason === null ? null : <div>“{reason}”</div>}
    </>
  );
}

/** The state in an audit entry's before or after, where it has one. */
function statusIn(row: unknown): string | undefined {
  const status: unknown = typeof row === "object" && row !== null ? Reflect.get(row, "status") : undefined;
  return typeof status === "string" ? status : undefined;
}
