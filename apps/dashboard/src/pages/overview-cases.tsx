import { useQuery } from "@tanstack/react-query";
import { Card, Skeleton, Typography } from "antd";
import { Link } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import { MoneyText } from "../parts/money-text.tsx";
import { Problem } from "../parts/problem.tsx";
import { CaseTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useTexts } from "../texts/preferences.ts";
import { useFormat } from "../texts/use-format.ts";

const mostCounted = 100;
const mostShown = 5;

/** How many cases wait, and those that wait longest. */
export function OpenCases({ refreshMs }: { readonly refreshMs: number }) {
  const { overview, caseKind } = useTexts();
  const { count } = useFormat();
  const open = useQuery({
    queryKey: ["cases", "open"],
    queryFn: async () => answerOf(admin.exceptions.$get({ query: { state: "open", limit: String(mostCounted) } })),
    refetchInterval: refreshMs,
  });
  const cases = open.data?.exceptions ?? [];
  const overdue = cases.filter((one) => one.overdue).length;
  const total = cases.length === mostCounted ? `${mostCounted}+` : count(cases.length);
  return (
    <Card
      title={
        <Link to="/cases">{open.data === undefined ? overview.openCases : `${overview.openCases}: ${total}`}</Link>
      }
      extra={
        <Typography.Text type={overdue === 0 ? "secondary" : "danger"}>
          {overdue === 0 ? overview.noneOverdue : overview.overdue(count(overdue))}
        </Typography.Text>
      }
    >
      {open.isPending ? <Skeleton active paragraph={{ rows: 3 }} title={false} /> : null}
      {open.error === null ? null : <Problem error={open.error} onRetry={() => void open.refetch()} />}
      {open.data !== undefined && cases.length === 0 ? (
        <Typography.Text type="secondary">{overview.noCases}</Typography.Text>
      ) : null}
      <div className="stack" style={{ gap: 10 }}>
        {cases
          .toReversed()
          .slice(0, mostShown)
          .map((one) => (
            <div key={one.id} className="page-head" style={{ margin: 0 }}>
              <Link to={`/cases/${one.id}`}>{caseKind[one.kind]}</Link>
              <span>
                <MoneyText amount={one.amount} /> <CaseTag state={one.state} overdue={one.overdue} />
                <TimeText at={one.createdAt} />
              </span>
            </div>
          ))}
      </div>
    </Card>
  );
}
