import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Card, Form, Input, Typography } from "antd";

import { auth, doneBy } from "../api/client.ts";
import { sentenceOf } from "../parts/problem.tsx";
import { useTexts } from "../texts/preferences.ts";
import { sessionKey } from "./session.ts";

type Passwords = { readonly currentPassword: string; readonly newPassword: string; readonly repeated: string };

const shortestPassword = 12;

/** For an operator whose password was made by somebody else. */
export function ChangePassword() {
  const texts = useTexts();
  const words = texts.changePassword;
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: async ({ currentPassword, newPassword }: Passwords) =>
      doneBy(auth["change-password"].$post({ json: { currentPassword, newPassword } })),
    onSuccess: async () => queries.resetQueries({ queryKey: sessionKey }),
  });
  return (
    <main className="sign-in">
      <Card>
        <Typography.Title level={1} style={{ fontSize: 22, marginTop: 0 }}>
          {words.title}
        </Typography.Title>
        <Typography.Paragraph type="secondary">{words.why}</Typography.Paragraph>
        <Form<Passwords> layout="vertical" requiredMark={false} onFinish={(passwords) => change.mutate(passwords)}>
          <Form.Item
            name="currentPassword"
            label={words.current}
            rules={[{ required: true, message: texts.signIn.needPassword }]}
          >
            <Input.Password autoComplete="current-password" autoFocus />
          </Form.Item>
          <Form.Item
            name="newPassword"
            label={words.next}
            extra={words.rule}
            rules={[{ required: true, min: shortestPassword, message: words.rule }]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Form.Item
            name="repeated"
            label={words.repeat}
            dependencies={["newPassword"]}
            rules={[
              ({ getFieldValue }) => ({
                validator: async (_rule, value) => {
                  if (value !== getFieldValue("newPassword")) throw new Error(words.differ);
                },
              }),
            ]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          {change.error === null ? null : (
            <Form.Item>
              <Alert type="error" showIcon title={sentenceOf(change.error, texts)} />
            </Form.Item>
          )}
          <Button type="primary" htmlType="submit" block loading={change.isPending}>
            {words.submit}
          </Button>
        </Form>
      </Card>
    </main>
  );
}
