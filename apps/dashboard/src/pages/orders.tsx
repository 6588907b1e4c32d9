import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Empty, Input, Table } from "antd";
import { Link } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import type { Order } from "../api/types.ts";
import { KeysetPager } from "../parts/keyset-pager.tsx";
import { MoneyText } from "../parts/money-text.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { OrderTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { oneOf, useFilters } from "../parts/use-filters.ts";
import { WordFilter } from "../parts/word-filter.tsx";
import { useTexts } from "../texts/preferences.ts";

const longestSearch = 200;
const refreshMs = 10_000;

/** Finds any order: by its number, a transaction, an out_trade_no or its buyer. */
export function Orders() {
  const texts = useTexts();
  const words = texts.orders;
  const filters = useFilters();
  const q = filters.get("q");
  const status = oneOf(texts.orderStatus, filters.get("status"));
  const { cursor } = filters;
  const found = useQuery({
    queryKey: ["orders", { q, status, cursor }],
    queryFn: async () =>
      answerOf(
        admin.orders.$get({
          query: { ...(q && { q }), ...(status && { status }), ...(cursor && { cursor }) },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  });
  const isFiltered = q !== undefined || status !== undefined || cursor !== undefined;
  return (
    <>
      <PageHead title={texts.nav.orders} />
      <div className="filters">
        <Input.Search
          key={q}
          className="grows"
          allowClear
          enterButton
          autoFocus
          aria-label={words.search}
          placeholder={words.search}
          defaultValue={q}
          maxLength={longestSearch}
          onSearch={(text) => filters.set({ q: text.trim() })}
        />
        <WordFilter filters={filters} name="status" label={words.status} words={texts.orderStatus} value={status} />
      </div>
      {found.error === null ? (
        <Table<Order>
          rowKey="id"
          size="middle"
          loading={found.isPending}
          dataSource={found.data?.orders ?? []}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{
            emptyText: (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={isFiltered ? words.empty : words.emptyAtAll}>
                {isFiltered ? (
                  <Button onClick={() => filters.set({ q: undefined, status: undefined })}>{words.clear}</Button>
                ) : null}
              </Empty>
            ),
          }}
          columns={[
            {
              title: words.number,
              key: "number",
              render: (_, { id, number }) => (
                <Link to={`/orders/${id}`} className="code">
                  {number}
                </Link>
              ),
            },
            { title: words.status, key: "status", render: (_, order) => <OrderTag status={order.status} /> },
            {
              title: words.amount,
              key: "amount",
              align: "end",
              render: (_, { amount, currency }) => <MoneyText amount={amount} currency={currency} />,
            },
            { title: words.created, key: "created", render: (_, { createdAt }) => <TimeText at={createdAt} /> },
            {
              title: words.buyer,
              key: "buyer",
              render: (_, { customerId }) => (
                <Link to={`/orders?q=${encodeURIComponent(customerId)}`}>{customerId}</Link>
              ),
            },
            {
              title: words.items,
              key: "items",
              render: (_, { items }) => items.map(({ name, quantity }) => `${name} × ${quantity}`).join(", "),
            },
          ]}
        />
      ) : (
        <Problem error={found.error} onRetry={() => void found.refetch()} />
      )}
      <KeysetPager filters={filters} nextCursor={found.data?.nextCursor} />
    </>
  );
}
