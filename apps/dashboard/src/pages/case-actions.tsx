import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Card, Form, Input, Space, Typography } from "antd";
import { useState } from "react";

import { admin, answerOf } from "../api/client.ts";
import type { AllowedAction, Case } from "../api/types.ts";
import { ReasonDialog } from "../parts/reason-dialog.tsx";
import { useMayWrite, useOperator } from "../shell/session.ts";
import { useTexts } from "../texts/preferences.ts";

type Chosen =
  | { readonly kind: "resolve"; readonly allowed: AllowedAction }
  | { readonly kind: "assign" | "unassign" | "withdraw" };
type Said = { readonly reason: string; readonly orderId?: string };

/** What may be done about the case at this moment; each says what it would do. */
export function CaseActions({ one }: { readonly one: Case }) {
  const texts = useTexts();
  const words = texts.cases;
  const mayWrite = useMayWrite();
  const me = useOperator();
  const [chosen, choose] = useState<Chosen>();
  const refused = { disabled: !mayWrite, title: mayWrite ? undefined : texts.common.viewerOnly };
  const isMine = one.owner === me.email;
  return (
    <Card title={words.decide}>
      <div className="stack">
        {one.allowedActions.map((allowed) => (
          <div key={allowed.action} className="choice">
            <Button
              type={allowed.action === one.suggestedAction ? "primary" : "default"}
              {...refused}
              onClick={() => choose({ kind: "resolve", allowed })}
            >
              {one.proposal === undefined ? texts.caseAction[allowed.action] : words.confirm}
            </Button>
            <Typography.Text type="secondary">
              {texts.caseEffect[allowed.does]}
              {allowed.secondPerson === "no" ? null : ` ${texts.common.secondPerson}`}
            </Typography.Text>
          </div>
        ))}
        <Space wrap>
          <Button {...refused} onClick={() => choose({ kind: isMine ? "unassign" : "assign" })}>
            {isMine ? words.unassign : words.assignMe}
          </Button>
          {one.proposal === undefined ? null : (
            <Button {...refused} onClick={() => choose({ kind: "withdraw" })}>
              {words.withdraw}
            </Button>
          )}
        </Space>
      </div>
      {chosen === undefined ? null : <CaseDialog one={one} chosen={chosen} onClose={() => choose(undefined)} />}
    </Card>
  );
}

type CaseDialogProps = { readonly one: Case; readonly chosen: Chosen; readonly onClose: () => void };

function CaseDialog({ one, chosen, onClose }: CaseDialogProps) {
  const texts = useTexts();
  const words = texts.cases;
  const me = useOperator();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const route = admin.exceptions[":id"];
  const param = { id: one.id };

  const perform = async ({ reason, orderId }: Said) => {
    if (chosen.kind === "withdraw") return answerOf(route.withdraw.$post({ param, json: { reason } }));
    if (chosen.kind !== "resolve") {
      const owner = chosen.kind === "assign" ? me.email : null;
      return answerOf(route.assign.$post({ param, json: { owner, reason } }));
    }
    const named = orderId ?? one.proposal?.orderId;
    return answerOf(
      route.resolve.$post({
        param,
        json: {
          action: chosen.allowed.action,
          reason,
          // What the person saw: refused when something else is at stake by now.
          ...(one.amount !== undefined && { amount: one.amount }),
          ...(named !== undefined && chosen.allowed.needs.includes("orderId") && { orderId: named }),
        },
      }),
    );
  };
  const submit = async (said: Said) => {
    const { exception } = await perform(said);
    await queries.invalidateQueries();
    void message.success(
      chosen.kind === "resolve" && exception.state === "open" ? texts.common.proposed : texts.common.done,
    );
  };
  const needsOrder =
    chosen.kind === "resolve" && chosen.allowed.needs.includes("orderId") && one.proposal === undefined;
  return (
    <ReasonDialog<Omit<Said, "reason">> {...wordsFor(chosen, texts)} onSubmit={submit} onClose={onClose}>
      {needsOrder ? (
        <Form.Item
          name="orderId"
          label={words.namedOrder}
          rules={[{ required: true, pattern: /^ord_/, message: words.needOrder }]}
        >
          <Input />
        </Form.Item>
      ) : null}
    </ReasonDialog>
  );
}

function wordsFor(chosen: Chosen, { cases, caseAction, caseEffect, common }: ReturnType<typeof useTexts>) {
  switch (chosen.kind) {
    case "resolve": {
      const { action, does, secondPerson } = chosen.allowed;
      return {
        title: cases.decideTitle(caseAction[action]),
        does: secondPerson === "no" ? caseEffect[does] : `${caseEffect[does]} ${common.secondPerson}`,
        submit: caseAction[action],
        isDangerous: action === "refund" || action === "write_off",
      };
    }
    case "assign":
      return { title: cases.assignTitle, does: cases.assignDoes, submit: cases.assignMe };
    case "unassign":
      return { title: cases.unassign, does: cases.unassignDoes, submit: cases.unassign };
    case "withdraw":
      return { title: cases.withdraw, does: cases.withdrawDoes, submit: cases.withdraw };
  }
}
