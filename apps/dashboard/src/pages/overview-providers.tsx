import { useQuery } from "@tanstack/react-query";
import { Card, Skeleton, Tag, Typography } from "antd";

import { admin, answerOf } from "../api/client.ts";
import type { Provider } from "../api/types.ts";
import { Problem } from "../parts/problem.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useTexts } from "../texts/preferences.ts";
import { useFormat } from "../texts/use-format.ts";

/** How each payment provider is heard. */
export function Providers({ refreshMs }: { readonly refreshMs: number }) {
  const { overview } = useTexts();
  const { count } = useFormat();
  const health = useQuery({
    queryKey: ["providers"],
    queryFn: async () => answerOf(admin.providers.$get()),
    refetchInterval: refreshMs,
  });
  return (
    <Card title={overview.providers}>
      {health.isPending ? <Skeleton active paragraph={{ rows: 3 }} title={false} /> : null}
      {health.error === null ? null : <Problem error={health.error} onRetry={() => void health.refetch()} />}
      <div className="stack">
        {health.data?.providers.map((provider) => (
          <div key={provider.id}>
            <div className="page-head" style={{ margin: 0 }}>
              <b>{provider.id}</b>
              <HealthTag provider={provider} />
            </div>
            <Typography.Text type="secondary">
              {provider.kind} · {overview.lastCallback}: <TimeText at={provider.lastCallbackAt} /> ·{" "}
              {overview.openAttempts}: {count(provider.openAttempts)}
            </Typography.Text>
          </div>
        ))}
      </div>
    </Card>
  );
}

function HealthTag({ provider }: { readonly provider: Provider }) {
  const { overview } = useTexts();
  if (provider.restingUntil !== null) return <Tag color="red">{overview.resting}</Tag>;
  if (provider.silentSince !== null) return <Tag color="orange">{overview.silent}</Tag>;
  if (provider.lastCallbackAt === null && provider.lastAnswerAt === null) return <Tag>{overview.quiet}</Tag>;
  return <Tag color="green">{overview.healthy}</Tag>;
}
