import { useQuery } from "@tanstack/react-query";
import { Card, Segmented, Skeleton, Statistic, Typography } from "antd";
import { Link, useSearchParams } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import type { Metrics } from "../api/types.ts";
import { Bars } from "../parts/bars.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { OrderTag } from "../parts/tags.tsx";
import { oneOf } from "../parts/use-filters.ts";
import { useTexts } from "../texts/preferences.ts";
import { useFormat } from "../texts/use-format.ts";
import { OpenCases } from "./overview-cases.tsx";
import { FailedCount } from "./overview-failed.tsx";
import { Providers } from "./overview-providers.tsx";

const hourMs = 60 * 60 * 1_000;
const windows = { day: 24 * hourMs, week: 7 * 24 * hourMs, month: 30 * 24 * hourMs };
/** How often the page looks again while it is seen. */
const refreshMs = 5_000;

/** Whether money is flowing, at a glance. */
export function Overview() {
  const texts = useTexts();
  const words = texts.overview;
  const [search, setSearch] = useSearchParams();
  const chosen = oneOf(words.windows, search.get("window") ?? undefined) ?? "day";
  const metrics = useQuery({
    queryKey: ["metrics", chosen],
    queryFn: async () => readMetrics(windows[chosen]),
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  });
  return (
    <>
      <PageHead title={texts.nav.overview}>
        <Segmented
          aria-label={words.window}
          value={chosen}
          options={[
            { value: "day", label: words.windows.day },
            { value: "week", label: words.windows.week },
            { value: "month", label: words.windows.month },
          ]}
          onChange={(window) => setSearch({ window })}
        />
      </PageHead>
      {metrics.error === null ? null : <Problem error={metrics.error} onRetry={() => void metrics.refetch()} />}
      <div className="grid">
        <Rate title={words.paymentSuccess} name="paymentSuccessRate" metrics={metrics.data} to="/orders?status=paid" />
        <Rate
          title={words.paymentTimeout}
          name="paymentTimeoutRate"
          metrics={metrics.data}
          to="/orders?status=cancelled"
        />
        <Rate title={words.callbackSuccess} name="callbackSuccessRate" metrics={metrics.data} to="/failed" />
        <FailedCount refreshMs={refreshMs} />
      </div>
      <div className="wide-grid">
        <OpenCases refreshMs={refreshMs} />
        <Card title={words.byStatus}>
          <OrdersByStatus metrics={metrics.data?.now} />
        </Card>
        <Card title={words.orders}>
          <Series metrics={metrics.data?.now} names={["ordersCreated", "ordersPaid", "ordersCancelled"]} />
        </Card>
        <Card title={words.callbacks}>
          <Series metrics={metrics.data?.now} names={["callbacksReceived", "callbacksSettled"]} />
        </Card>
        <Providers refreshMs={refreshMs} />
      </div>
    </>
  );
}

type Compared = { readonly now: Metrics; readonly before: Metrics };

/** The window that ends now, and the one of the same length before it. */
async function readMetrics(lengthMs: number): Promise<Compared> {
  const end = Date.now();
  const read = async (to: number) =>
    answerOf(
      admin.metrics.$get({ query: { from: new Date(to - lengthMs).toISOString(), to: new Date(to).toISOString() } }),
    );
  const [now, before] = await Promise.all([read(end), read(end - lengthMs)]);
  return { now, before };
}

type RateProps = {
  readonly title: string;
  readonly name: "paymentSuccessRate" | "paymentTimeoutRate" | "callbackSuccessRate";
  readonly metrics: Compared | undefined;
  readonly to: string;
};

function Rate({ title, name, metrics, to }: RateProps) {
  const { overview, common } = useTexts();
  const { percent } = useFormat();
  const written = (share: number | null | undefined) => (typeof share === "number" ? percent(share) : common.none);
  return (
    <Card>
      <Link to={to}>
        <Statistic loading={metrics === undefined} title={title} value={written(metrics?.now[name])} />
      </Link>
      <Typography.Text type="secondary">{overview.before(written(metrics?.before[name]))}</Typography.Text>
    </Card>
  );
}

function OrdersByStatus({ metrics }: { readonly metrics: Metrics | undefined }) {
  const texts = useTexts();
  const { count } = useFormat();
  if (metrics === undefined) return <Skeleton active paragraph={{ rows: 3 }} title={false} />;
  const rows = Object.entries(metrics.ordersByStatus);
  if (rows.length === 0) return <Typography.Text type="secondary">{texts.overview.nothingYet}</Typography.Text>;
  return (
    <div className="stack" style={{ gap: 10 }}>
      {rows.map(([word, orders]) => {
        const status = oneOf(texts.orderStatus, word);
        return (
          <Link key={word} to={`/orders?status=${word}`} style={{ display: "flex", justifyContent: "space-between" }}>
            {status === undefined ? word : <OrderTag status={status} />}
            <span className="number">{count(orders)}</span>
          </Link>
        );
      })}
    </div>
  );
}

type Counted = Exclude<keyof Metrics["series"][number], "at">;

function Series({ metrics, names }: { readonly metrics: Metrics | undefined; readonly names: readonly Counted[] }) {
  const words = useTexts().overview;
  const { time } = useFormat();
  if (metrics === undefined) return <Skeleton active paragraph={{ rows: 4 }} title={false} />;
  if (metrics.series.length === 0) return <Typography.Text type="secondary">{words.nothingYet}</Typography.Text>;
  const labelOf: Readonly<Record<Counted, string>> = {
    ordersCreated: words.created,
    ordersPaid: words.paid,
    ordersCancelled: words.cancelled,
    callbacksReceived: words.received,
    callbacksSettled: words.settled,
  };
  return (
    <Bars
      labels={names.map((name) => labelOf[name])}
      points={metrics.series.map((point) => ({ at: time(point.at), counts: names.map((name) => point[name]) }))}
    />
  );
}
