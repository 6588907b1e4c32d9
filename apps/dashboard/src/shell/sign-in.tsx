import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Card, Flex, Form, Input, Typography } from "antd";

import { ProblemError, answerOf, auth, doneBy } from "../api/client.ts";
import { sentenceOf } from "../parts/problem.tsx";
import { useTexts } from "../texts/preferences.ts";
import { expectSession } from "./session.ts";
import { Switches } from "./switches.tsx";

type Credentials = { readonly email: string; readonly password: string; readonly code?: string };

/** E-mail and password, then the second factor's code of who has one. */
export function SignIn() {
  const texts = useTexts();
  const queries = useQueryClient();
  const signIn = useMutation({
    mutationFn: async ({ email, password, code }: Credentials) => {
      if (code !== undefined) {
        await doneBy(auth["two-factor"].verify.$post({ json: { code } }));
        return { twoFactorNeeded: false };
      }
      return answerOf(auth["sign-in"].$post({ json: { email, password } }));
    },
    onSuccess: async ({ twoFactorNeeded }) => {
      if (twoFactorNeeded) return;
      expectSession();
      await queries.resetQueries();
    },
  });
  const needsCode = signIn.data?.twoFactorNeeded === true || signIn.variables?.code !== undefined;
  const refusal = (error: Error) =>
    error instanceof ProblemError && error.code === "wrong_credentials"
      ? texts.signIn[needsCode ? "codeRefused" : "refused"]
      : sentenceOf(error, texts);
  return (
    <main className="sign-in">
      <Card>
        <Flex justify="space-between" align="center" gap={8}>
          <Typography.Title level={1} style={{ fontSize: 22, margin: 0 }}>
            {texts.name} {texts.console}
          </Typography.Title>
          <Flex>
            <Switches />
          </Flex>
        </Flex>
        <Form<Credentials>
          layout="vertical"
          requiredMark={false}
          style={{ marginTop: 20 }}
          onFinish={(credentials) => signIn.mutate(credentials)}
        >
          <Form.Item
            name="email"
            label={texts.signIn.email}
            rules={[{ required: true, message: texts.signIn.needEmail }]}
          >
            <Input type="email" autoComplete="username" autoFocus size="large" />
          </Form.Item>
          <Form.Item
            name="password"
            label={texts.signIn.password}
            rules={[{ required: true, message: texts.signIn.needPassword }]}
          >
            <Input.Password autoComplete="current-password" size="large" />
          </Form.Item>
          {needsCode ? (
            <Form.Item
              name="code"
              label={texts.signIn.code}
              rules={[{ required: true, message: texts.signIn.needCode }]}
            >
              <Input inputMode="numeric" autoComplete="one-time-code" autoFocus size="large" />
            </Form.Item>
          ) : null}
          {signIn.error === null ? null : (
            <Form.Item>
              <Alert type="error" showIcon title={refusal(signIn.error)} />
            </Form.Item>
          )}
          <Button type="primary" htmlType="submit" size="large" block loading={signIn.isPending}>
            {texts.signIn.submit}
          </Button>
        </Form>
        <Typography.Paragraph type="secondary" style={{ margin: "16px 0 0" }}>
          {texts.signIn.hint}
        </Typography.Paragraph>
      </Card>
    </main>
  );
}
