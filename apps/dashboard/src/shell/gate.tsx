import { useQuery } from "@tanstack/react-query";
import { Spin } from "antd";

import { Problem } from "../parts/problem.tsx";
import { useTexts } from "../texts/preferences.ts";
import { ChangePassword } from "./change-password.tsx";
import { Layout } from "./layout.tsx";
import { OperatorContext, readSession, sessionKey } from "./session.ts";
import { SignIn } from "./sign-in.tsx";

const lookAgainMs = 60_000;

/** Lets the signed-in through, and shows everybody else where to sign in. */
export function Gate() {
  const { common } = useTexts();
  const session = useQuery({ queryKey: sessionKey, queryFn: readSession, refetchInterval: lookAgainMs });
  if (session.data === undefined) {
    return (
      <div className="sign-in">
        {session.error === null ? (
          <Spin size="large" aria-label={common.loading} />
        ) : (
          <Problem error={session.error} onRetry={() => void session.refetch()} />
        )}
      </div>
    );
  }
  if (session.data === null) return <SignIn />;
  if (session.data.mustChangePassword) return <ChangePassword />;
  return (
    <OperatorContext value={session.data}>
      <Layout />
    </OperatorContext>
  );
}
