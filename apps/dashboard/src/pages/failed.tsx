import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Empty, Space, Table } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import type { Callback } from "../api/types.ts";
import { KeysetPager } from "../parts/keyset-pager.tsx";
import { MoneyText } from "../parts/money-text.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { CallbackTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useFilters } from "../parts/use-filters.ts";
import { WordFilter } from "../parts/word-filter.tsx";
import { useMayWrite } from "../shell/session.ts";
import { useTexts } from "../texts/preferences.ts";
import { RetryAll } from "./retry-all.tsx";
import { RetryOne } from "./retry-one.tsx";

const refreshMs = 5_000;

/** Callbacks that could not be settled: why, what a retry would do, and the retry. */
export function Failed() {
  const texts = useTexts();
  const words = texts.failed;
  const filters = useFilters();
  const mayWrite = useMayWrite();
  const [one, retryOne] = useState<Callback>();
  const [isRetryingAll, retryAll] = useState(false);
  const state = filters.get("state") === "parked" ? "parked" : "failed";
  const provider = filters.get("provider");
  const { cursor } = filters;
  const failed = useQuery({
    queryKey: ["callbacks", { state, provider, cursor }],
    queryFn: async () =>
      answerOf(admin.callbacks.$get({ query: { state, ...(provider && { provider }), ...(cursor && { cursor }) } })),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  });
  const providers = useQuery({ queryKey: ["providers"], queryFn: async () => answerOf(admin.providers.$get()) });
  const providerWords = Object.fromEntries((providers.data?.providers ?? []).map(({ id }) => [id, id]));
  const rows = failed.data?.callbacks ?? [];
  const { failed: failedWord, parked: parkedWord } = texts.callbackState;
  return (
    <>
      <PageHead title={words.title} says={words.explain}>
        <Button
          type="primary"
          disabled={!mayWrite || rows.length === 0}
          title={mayWrite ? undefined : texts.common.viewerOnly}
          onClick={() => retryAll(true)}
        >
          {words.retryAll}
        </Button>
      </PageHead>
      <div className="filters">
        <WordFilter
          filters={filters}
          name="state"
          label={words.state}
          words={{ failed: failedWord, parked: parkedWord }}
          value={state}
          canBeAny={false}
        />
        <WordFilter filters={filters} name="provider" label={words.provider} words={providerWords} value={provider} />
      </div>
      {failed.error === null ? (
        <Table<Callback>
          rowKey="id"
          size="middle"
          loading={failed.isPending}
          dataSource={rows}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={words.empty} /> }}
          columns={[
            {
              title: words.state,
              key: "retry",
              render: (_, callback) => (
                <Space>
                  <Button
                    size="small"
                    disabled={!mayWrite}
                    title={mayWrite ? undefined : texts.common.viewerOnly}
                    onClick={() => retryOne(callback)}
                  >
                    {words.retry}
                  </Button>
                  <CallbackTag state={callback.state} />
                </Space>
              ),
            },
            {
              title: texts.order.attempt,
              key: "no",
              render: (_, { orderId, outTradeNo }) =>
                orderId === null ? (
                  <span className="code">{outTradeNo}</span>
                ) : (
                  <Link to={`/orders/${orderId}`} className="code">
                    {outTradeNo}
                  </Link>
                ),
            },
            {
              title: texts.order.transaction,
              key: "tx",
              render: (_, { transactionId }) => <span className="code">{transactionId ?? texts.common.none}</span>,
            },
            {
              title: words.amount,
              key: "amount",
              align: "end",
              render: (_, { amount, currency }) => <MoneyText amount={amount} currency={currency} />,
            },
            { title: words.provider, dataIndex: "provider" },
            {
              title: words.error,
              key: "error",
              width: 320,
              render: (_, { error, outcome }) => (
                <div className="code said">{error ?? outcome ?? texts.common.none}</div>
              ),
            },
            { title: words.attempts, dataIndex: "attempts", align: "end" },
            { title: words.received, key: "at", render: (_, { receivedAt }) => <TimeText at={receivedAt} /> },
          ]}
        />
      ) : (
        <Problem error={failed.error} onRetry={() => void failed.refetch()} />
      )}
      <KeysetPager filters={filters} nextCursor={failed.data?.nextCursor} />
      {one === undefined ? null : <RetryOne callback={one} onClose={() => retryOne(undefined)} />}
      {isRetryingAll ? <RetryAll filter={{ state, provider }} onClose={() => retryAll(false)} /> : null}
    </>
  );
}
