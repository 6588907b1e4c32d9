import { useQueryClient } from "@tanstack/react-query";
import { App, Progress } from "antd";
import { useState } from "react";

import { admin, answerOf } from "../api/client.ts";
import { ReasonDialog } from "../parts/reason-dialog.tsx";
import { useTexts } from "../texts/preferences.ts";
import { useFormat } from "../texts/use-format.ts";

type RetryAllProps = {
  readonly filter: { readonly state: "failed" | "parked"; readonly provider: string | undefined };
  readonly onClose: () => void;
};

/** The api's own bound of one request. */
const batch = 500;
/** One press of the button takes up no more than fifty thousand. */
const mostBatches = 100;
/** Leaves the workers room for what comes in meanwhile. */
const pauseMs = 1_000;

/** Retries everything that the filter finds, batch after batch. */
export function RetryAll({ filter: { state, provider }, onClose }: RetryAllProps) {
  const words = useTexts().failed;
  const { count } = useFormat();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [taken, setTaken] = useState<number>();
  const submit = async ({ reason }: { readonly reason: string }) => {
    let sum = 0;
    setTaken(0);
    for (let batches = 0; batches < mostBatches; batches += 1) {
      if (batches > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const json = { filter: { state, ...(provider && { provider }) }, reason };
      const { retried, limit } = await answerOf(admin.callbacks.retry.$post({ json }));
      sum += retried;
      setTaken(sum);
      if (retried < limit) break;
    }
    await queries.invalidateQueries();
    void message.success(`${words.retried(count(sum))}. ${words.finished}`);
  };
  return (
    <ReasonDialog
      title={words.retryAllTitle}
      does={
        <>
          {words.retryAllDoes(count(batch))}
          {taken === undefined ? null : (
            <>
              <Progress percent={100} status="active" showInfo={false} aria-label={words.progress} />
              {words.retried(count(taken))}
            </>
          )}
        </>
      }
      submit={words.retryAll}
      onSubmit={submit}
      onClose={onClose}
    />
  );
}
