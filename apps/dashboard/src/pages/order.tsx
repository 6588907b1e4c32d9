import { useQuery } from "@tanstack/react-query";
import { Alert, Card, Descriptions, Skeleton, Table, Tag, Typography } from "antd";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import type { Payment, Refund, Timeline } from "../api/types.ts";
import { MoneyText } from "../parts/money-text.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { CaseTag, OrderTag, PaymentTag, RefundTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useTexts } from "../texts/preferences.ts";
import { OrderActions } from "./order-actions.tsx";
import { OrderEvidence } from "./order-evidence.tsx";
import { OrderTimeline } from "./order-timeline.tsx";

const refreshMs = 5_000;

/** One order and everything that happened to it. */
export function OrderPage() {
  const { id = "" } = useParams();
  const texts = useTexts();
  const file = useQuery({
    queryKey: ["order", id],
    queryFn: async () => answerOf(admin.orders[":id"].$get({ param: { id } })),
    refetchInterval: refreshMs,
  });
  if (file.data === undefined) {
    return file.error === null ? (
      <Skeleton active />
    ) : (
      <Problem error={file.error} onRetry={() => void file.refetch()} />
    );
  }
  const { order, refundProposal: proposal } = file.data;
  return (
    <>
      <PageHead
        title={
          <>
            {texts.order.title(order.number)} <OrderTag status={order.status} />
          </>
        }
      />
      <div className="stack">
        {file.error === null ? null : <Problem error={file.error} onRetry={() => void file.refetch()} />}
        {proposal === undefined ? null : (
          <Alert type="warning" showIcon title={texts.order.proposalWaits(proposal.amount, proposal.by)} />
        )}
        <OrderActions file={file.data} />
        <Facts file={file.data} />
        <Cases file={file.data} />
        <Payments payments={file.data.payments} />
        <Refunds refunds={file.data.refunds} />
        <Card title={texts.order.timeline}>
          <OrderTimeline file={file.data} />
        </Card>
        <OrderEvidence callbacks={file.data.callbacks} />
      </div>
    </>
  );
}

function Facts({ file: { order, holds } }: { readonly file: Timeline }) {
  const texts = useTexts();
  const words = texts.order;
  const item = (label: string, children: ReactNode) => ({ key: label, label, children });
  return (
    <Card title={words.facts}>
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2, xl: 3 }}
        items={[
          item(texts.orders.amount, <MoneyText amount={order.amount} currency={order.currency} />),
          item(
            texts.orders.buyer,
            <Link to={`/orders?q=${encodeURIComponent(order.customerId)}`}>{order.customerId}</Link>,
          ),
          item(texts.orders.created, <TimeText at={order.createdAt} />),
          item(words.expires, <TimeText at={order.expiresAt} />),
          ...(order.paidAt === undefined ? [] : [item(words.paidAt, <TimeText at={order.paidAt} />)]),
          ...(order.cancelledAt === undefined ? [] : [item(words.cancelledAt, <TimeText at={order.cancelledAt} />)]),
          ...(order.cancelReason === undefined ? [] : [item(words.because, order.cancelReason)]),
          item(
            texts.orders.items,
            <ul style={{ margin: 0, paddingInlineStart: 18 }}>
              {order.items.map(({ sku, name, quantity, unitPrice }) => (
                <li key={sku}>
                  {name} × {quantity} · <MoneyText amount={unitPrice} currency={order.currency} />{" "}
                  {holds
                    .filter((hold) => hold.sku === sku)
                    .map((hold) => (
                      <Tag key={hold.sku}>{texts.holdState[hold.state]}</Tag>
                    ))}
                </li>
              ))}
            </ul>,
          ),
        ]}
      />
    </Card>
  );
}

function Cases({ file: { exceptions } }: { readonly file: Timeline }) {
  const { order, caseKind } = useTexts();
  if (exceptions.length === 0) return null;
  return (
    <Card title={order.cases}>
      <div className="stack" style={{ gap: 8 }}>
        {exceptions.map((one) => (
          <div key={one.id}>
            <CaseTag state={one.state} overdue={one.overdue} />
            <Link to={`/cases/${one.id}`}>{caseKind[one.kind]}</Link> · <MoneyText amount={one.amount} />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Payments({ payments }: { readonly payments: readonly Payment[] }) {
  const { order: words, orders } = useTexts();
  return (
    <Card title={words.payments}>
      <Table<Payment>
        rowKey="id"
        size="small"
        pagination={false}
        scroll={{ x: "max-content" }}
        dataSource={[...payments]}
        columns={[
          { title: orders.status, key: "status", render: (_, { status }) => <PaymentTag status={status} /> },
          { title: words.provider, dataIndex: "provider" },
          {
            title: orders.amount,
            key: "amount",
            align: "end",
            render: (_, { amount, currency }) => <MoneyText amount={amount} currency={currency} />,
          },
          { title: words.attempt, key: "no", render: (_, { outTradeNo }) => <TradeNumber text={outTradeNo} /> },
          {
            title: words.transaction,
            key: "tx",
            render: (_, { transactionId }) => <TradeNumber text={transactionId} />,
          },
          { title: words.paidAt, key: "at", render: (_, { succeededAt }) => <TimeText at={succeededAt} /> },
        ]}
      />
    </Card>
  );
}

function Refunds({ refunds }: { readonly refunds: readonly Refund[] }) {
  const { order: words, orders, common } = useTexts();
  if (refunds.length === 0) return null;
  return (
    <Card title={words.refunds}>
      <Table<Refund>
        rowKey="id"
        size="small"
        pagination={false}
        scroll={{ x: "max-content" }}
        dataSource={[...refunds]}
        columns={[
          { title: orders.status, key: "status", render: (_, { status }) => <RefundTag status={status} /> },
          {
            title: orders.amount,
            key: "amount",
            align: "end",
            render: (_, { amount }) => <MoneyText amount={amount} />,
          },
          { title: "out_refund_no", key: "no", render: (_, { outRefundNo }) => <TradeNumber text={outRefundNo} /> },
          { title: common.reason, dataIndex: "reason" },
          { title: orders.created, key: "at", render: (_, { createdAt }) => <TimeText at={createdAt} /> },
        ]}
      />
    </Card>
  );
}

function TradeNumber({ text }: { readonly text: string | undefined }) {
  if (text === undefined) return <>–</>;
  return (
    <Typography.Text className="code" copyable>
      {text}
    </Typography.Text>
  );
}
