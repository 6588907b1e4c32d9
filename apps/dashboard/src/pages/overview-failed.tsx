import { useQuery } from "@tanstack/react-query";
import { Card, Statistic, Typography } from "antd";
import { Link } from "react-router";

import { admin, answerOf } from "../api/client.ts";
import { useTexts } from "../texts/preferences.ts";

const mostCounted = 100;

/** How many callbacks have failed, up to a page of them. */
export function FailedCount({ refreshMs }: { readonly refreshMs: number }) {
  const { overview } = useTexts();
  const failed = useQuery({
    queryKey: ["callbacks", "failed count"],
    queryFn: async () => answerOf(admin.callbacks.$get({ query: { state: "failed", limit: String(mostCounted) } })),
    refetchInterval: refreshMs,
  });
  const count = failed.data?.callbacks.length ?? 0;
  return (
    <Card>
      <Link to="/failed">
        <Statistic
          loading={failed.isPending}
          title={overview.failedCallbacks}
          value={failed.data === undefined ? "–" : count === mostCounted ? `${mostCounted}+` : count}
        />
      </Link>
      <Typography.Text type={count === 0 ? "secondary" : "danger"}>
        {failed.data === undefined ? "–" : count === 0 ? overview.allClear : overview.look}
      </Typography.Text>
    </Card>
  );
}
