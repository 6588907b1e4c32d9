import { Alert, Button } from "antd";

import { ProblemError } from "../api/client.ts";
import { useTexts } from "../texts/preferences.ts";
import type { Texts } from "../texts/shape.ts";

/** A refusal in a sentence that says what to do; the api's own sentence where there is no better one. */
export function sentenceOf(error: Error, { problem }: Texts): string {
  if (!(error instanceof ProblemError)) return problem.internal_error;
  const known: Readonly<Record<string, string | undefined>> = problem;
  return known[error.code] ?? error.message;
}

type ProblemProps = { readonly error: Error; readonly onRetry: () => void };

export function Problem({ error, onRetry }: ProblemProps) {
  const texts = useTexts();
  const requestId = error instanceof ProblemError ? error.requestId : undefined;
  return (
    <Alert
      type="error"
      showIcon
      title={texts.problem.title}
      description={
        <>
          {sentenceOf(error, texts)}
          {requestId === undefined ? null : <div className="code">{requestId}</div>}
        </>
      }
      action={<Button onClick={onRetry}>{texts.common.retry}</Button>}
    />
  );
}
