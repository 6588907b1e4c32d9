import { useQueryClient } from "@tanstack/react-query";
import { type OrderEvent, orderStates, step } from "@zhanggui/domain";
import { App, Button, Card, Checkbox, Form, Input, Space, Typography } from "antd";
import { useState } from "react";

import { admin, answerOf } from "../api/client.ts";
import type { Order, Timeline } from "../api/types.ts";
import { ReasonDialog } from "../parts/reason-dialog.tsx";
import { useMayWrite } from "../shell/session.ts";
import { useTexts } from "../texts/preferences.ts";

const actions = ["ship", "complete", "cancel", "refund", "revive"] as const satisfies readonly OrderEvent[];
type Action = (typeof actions)[number];

type Said = { readonly reason: string; readonly amount?: string; readonly restock?: boolean };

const yuan = /^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?$/;

/** What an operator can do with the order now, each with what it will do before it does it. */
export function OrderActions({ file }: { readonly file: Timeline }) {
  const { order: words, common } = useTexts();
  const mayWrite = useMayWrite();
  const [chosen, choose] = useState<Action>();
  const possible = actions.filter((action) => isPossible(action, file));
  return (
    <Card title={words.actions}>
      {possible.length === 0 ? <Typography.Text type="secondary">{words.noActions}</Typography.Text> : null}
      <Space wrap>
        {possible.map((action) => (
          <Button
            key={action}
            danger={isDangerous(action)}
            disabled={!mayWrite}
            title={mayWrite ? undefined : common.viewerOnly}
            onClick={() => choose(action)}
          >
            {words.act[action]}
          </Button>
        ))}
      </Space>
      {chosen === undefined ? null : (
        <ActionDialog action={chosen} order={file.order} onClose={() => choose(undefined)} />
      )}
    </Card>
  );
}

/** What the state machine allows; reviving also needs a case whose money can do it. */
function isPossible(action: Action, { order, exceptions }: Timeline): boolean {
  if (step(orderStates, order.status, action) === undefined) return false;
  if (action !== "revive") return true;
  return exceptions.some(
    ({ kind, allowedActions }) =>
      kind === "late_payment" && allowedActions.some((allowed) => allowed.action === "revive"),
  );
}

function isDangerous(action: Action): boolean {
  return action === "cancel" || action === "refund";
}

type ActionDialogProps = { readonly action: Action; readonly order: Order; readonly onClose: () => void };

function ActionDialog({ action, order, onClose }: ActionDialogProps) {
  const { order: words, common } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  // One key for as long as the dialog is open: pressed again after a lost answer, the money goes back once.
  const [key] = useState(() => crypto.randomUUID());
  const does = action === "cancel" ? (order.status === "pending" ? "cancelUnpaid" : "cancelPaid") : action;
  const submit = async (said: Said) => {
    const answer = await perform(action, order.id, said, key);
    await queries.invalidateQueries();
    void message.success("proposal" in answer || "exception" in answer ? common.proposed : common.done);
  };
  return (
    <ReasonDialog<Omit<Said, "reason">>
      title={`${words.act[action]}: ${order.number}`}
      does={words.does[does]}
      submit={words.act[action]}
      isDangerous={isDangerous(action)}
      onSubmit={submit}
      onClose={onClose}
    >
      {action === "refund" ? (
        <>
          <Form.Item
            name="amount"
            label={words.refundAmount}
            rules={[{ pattern: yuan, message: words.refundAmountRule }]}
          >
            <Input inputMode="decimal" prefix="¥" placeholder={order.amount} />
          </Form.Item>
          <Form.Item name="restock" valuePropName="checked">
            <Checkbox>{words.restock}</Checkbox>
          </Form.Item>
        </>
      ) : null}
    </ReasonDialog>
  );
}

async function perform(action: Action, id: string, { reason, amount, restock }: Said, key: string): Promise<object> {
  const route = admin.orders[":id"];
  const param = { id };
  switch (action) {
    case "ship":
      return answerOf(route.ship.$post({ param, json: { reason } }));
    case "complete":
      return answerOf(route.complete.$post({ param, json: { reason } }));
    case "cancel":
      return answerOf(route.cancel.$post({ param, json: { reason } }));
    case "revive":
      return answerOf(route.revive.$post({ param, json: { reason } }));
    case "refund":
      return answerOf(
        route.refund.$post({
          param,
          header: { "idempotency-key": key },
          json: { reason, ...(amount && { amount }), ...(restock === true && { restock }) },
        }),
      );
  }
}
