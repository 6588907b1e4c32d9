import { Card, Collapse, Descriptions, Typography } from "antd";

import type { CallbackWithBytes } from "../api/types.ts";
import { readRaw } from "../parts/raw-bytes.ts";
import { CallbackTag } from "../parts/tags.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { useTexts } from "../texts/preferences.ts";

/** The order's callbacks, byte for byte, with the key that verified each. */
export function OrderEvidence({ callbacks }: { readonly callbacks: readonly CallbackWithBytes[] }) {
  const { order } = useTexts();
  return (
    <Card title={order.evidence}>
      {callbacks.length === 0 ? (
        <Typography.Text type="secondary">{order.noEvidence}</Typography.Text>
      ) : (
        <Collapse
          items={callbacks.map((callback) => ({
            key: callback.id,
            label: (
              <span id={callback.id}>
                <CallbackTag state={callback.state} /> {callback.provider} · {callback.rawStatus} ·{" "}
                <TimeText at={callback.receivedAt} />
              </span>
            ),
            children: <Evidence callback={callback} />,
          }))}
        />
      )}
    </Card>
  );
}

function Evidence({ callback }: { readonly callback: CallbackWithBytes }) {
  const { order: words, failed, common } = useTexts();
  const { text, length } = readRaw(callback.body);
  return (
    <div className="stack">
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: "key", label: words.verifiedBy, children: callback.verifiedBy ?? common.none },
          { key: "id", label: "ID", children: <span className="code">{callback.id}</span> },
          { key: "no", label: words.attempt, children: <span className="code">{callback.outTradeNo}</span> },
          {
            key: "tx",
            label: words.transaction,
            children: <span className="code">{callback.transactionId ?? common.none}</span>,
          },
          { key: "tries", label: failed.attempts, children: callback.attempts },
          ...(callback.error === null ? [] : [{ key: "error", label: failed.error, children: callback.error }]),
        ]}
      />
      <div>
        <Typography.Text strong>
          {words.body} · {words.bytes(String(length))}
        </Typography.Text>{" "}
        <Typography.Text copyable={{ text }} />
        <pre className="raw" tabIndex={0}>
          {text}
        </pre>
      </div>
      <div>
        <Typography.Text strong>{words.headers}</Typography.Text>
        <pre className="raw" tabIndex={0}>
          {Object.entries(callback.headers)
            .map(([name, value]) => `${name}: ${value}`)
            .join("\n")}
        </pre>
      </div>
    </div>
  );
}
