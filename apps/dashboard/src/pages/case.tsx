import { useQuery } from "@tanstack/react-query";
import { Alert, Card, Descriptions, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import type { Case } from "../api/types.ts";
import { MoneyText } from "../parts/money-text.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { CaseTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useTexts } from "../texts/preferences.ts";
import type { Texts } from "../texts/shape.ts";
import { CaseActions } from "./case-actions.tsx";

const refreshMs = 5_000;

/** One case: what is known, what may be done about it now, and what that would do. */
export function CasePage() {
  const { id = "" } = useParams();
  const texts = useTexts();
  const found = useQuery({
    queryKey: ["case", id],
    queryFn: async () => answerOf(admin.exceptions[":id"].$get({ param: { id } })),
    refetchInterval: refreshMs,
  });
  if (found.data === undefined) {
    return found.error === null ? (
      <Skeleton active />
    ) : (
      <Problem error={found.error} onRetry={() => void found.refetch()} />
    );
  }
  const { exception: one } = found.data;
  const { proposal } = one;
  return (
    <>
      <PageHead
        title={
          <>
            {texts.caseKind[one.kind]} <CaseTag state={one.state} overdue={one.overdue} />
          </>
        }
      />
      <div className="stack">
        {proposal === undefined ? null : (
          <Alert
            type="warning"
            showIcon
            title={texts.cases.proposal(texts.caseAction[proposal.action], proposal.by)}
            description={proposal.reason === undefined ? undefined : `“${proposal.reason}”`}
          />
        )}
        <Facts one={one} />
        {one.state === "open" ? <CaseActions one={one} /> : null}
      </div>
    </>
  );
}

function Facts({ one }: { readonly one: Case }) {
  const texts = useTexts();
  const words = texts.cases;
  const item = (label: string, children: ReactNode) => ({ key: label, label, children });
  return (
    <Card title={words.facts}>
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2, xl: 3 }}
        items={[
          item(words.amount, <MoneyText amount={one.amount} />),
          ...(one.orderId === undefined
            ? []
            : [
                item(
                  words.order,
                  <Link to={`/orders/${one.orderId}`} className="code">
                    {one.orderId}
                  </Link>,
                ),
              ]),
          item(words.owner, one.owner ?? words.nobody),
          item(words.due, <TimeText at={one.dueAt} />),
          item(words.opened, <TimeText at={one.createdAt} />),
          item(words.evidence, <span className="code">{one.evidence ?? texts.common.none}</span>),
          ...factsIn(one.detail).map(([name, value]) =>
            item(nameOf(name, texts), <span className="code">{wordOf(value, texts)}</span>),
          ),
          ...(one.resolution === undefined
            ? []
            : [
                item(words.resolution, `${texts.caseAction[one.resolution]} · ${one.resolvedBy ?? ""}`),
                item(texts.common.reason, one.resolveReason ?? texts.common.none),
              ]),
        ]}
      />
    </Card>
  );
}

/** What the engine wrote down beside the case, flat. A "no" is not worth a line. */
function factsIn(detail: unknown): [string, string][] {
  if (typeof detail !== "object" || detail === null) return [];
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]: [string, unknown]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

function nameOf(name: string, { fact }: Texts): string {
  const known: Readonly<Record<string, string | undefined>> = fact;
  return known[name] ?? name;
}

/** Our own states in the person's language; everything else as it was written down. */
function wordOf(value: string, { orderStatus, paymentStatus, refundStatus, fact }: Texts): string {
  const known: Readonly<Record<string, string | undefined>> = {
    ...refundStatus,
    ...paymentStatus,
    ...orderStatus,
    true: fact.yes,
  };
  return known[value] ?? value;
}
