import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Empty, Table } from "antd";
import { Link } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import type { Case } from "../api/types.ts";
import { KeysetPager } from "../parts/keyset-pager.tsx";
import { MoneyText } from "../parts/money-text.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { CaseTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { oneOf, useFilters } from "../parts/use-filters.ts";
import { WordFilter } from "../parts/word-filter.tsx";
import { useTexts } from "../texts/preferences.ts";

const refreshMs = 10_000;

/** Money that a person has to decide on. */
export function Cases() {
  const texts = useTexts();
  const words = texts.cases;
  const filters = useFilters();
  const state = oneOf(texts.caseState, filters.get("state")) ?? "open";
  const kind = oneOf(texts.caseKind, filters.get("kind"));
  const { cursor } = filters;
  const found = useQuery({
    queryKey: ["cases", { state, kind, cursor }],
    queryFn: async () =>
      answerOf(admin.exceptions.$get({ query: { state, ...(kind && { kind }), ...(cursor && { cursor }) } })),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  });
  return (
    <>
      <PageHead title={words.title} says={words.explain} />
      <div className="filters">
        <WordFilter
          filters={filters}
          name="state"
          label={words.state}
          words={texts.caseState}
          value={state}
          canBeAny={false}
        />
        <WordFilter filters={filters} name="kind" label={words.kind} words={texts.caseKind} value={kind} />
      </div>
      {found.error === null ? (
        <Table<Case>
          rowKey="id"
          size="middle"
          loading={found.isPending}
          dataSource={found.data?.exceptions ?? []}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={words.empty} /> }}
          columns={[
            {
              title: words.kind,
              key: "kind",
              render: (_, one) => <Link to={`/cases/${one.id}`}>{texts.caseKind[one.kind]}</Link>,
            },
            {
              title: words.state,
              key: "state",
              render: (_, one) => <CaseTag state={one.state} overdue={one.overdue} />,
            },
            {
              title: words.amount,
              key: "amount",
              align: "end",
              render: (_, { amount }) => <MoneyText amount={amount} />,
            },
            {
              title: state === "open" ? words.suggested : words.resolution,
              key: "action",
              render: (_, one) => texts.caseAction[one.resolution ?? one.suggestedAction],
            },
            { title: words.owner, key: "owner", render: (_, { owner }) => owner ?? words.nobody },
            { title: words.due, key: "due", render: (_, { dueAt }) => <TimeText at={dueAt} /> },
            { title: words.opened, key: "at", render: (_, { createdAt }) => <TimeText at={createdAt} /> },
          ]}
        />
      ) : (
        <Problem error={found.error} onRetry={() => void found.refetch()} />
      )}
      <KeysetPager filters={filters} nextCursor={found.data?.nextCursor} />
    </>
  );
}
