import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Spin } from "antd";

import { admin, answerOf } from "../api/client.ts";
import type { Callback } from "../api/types.ts";
import { sentenceOf } from "../parts/problem.tsx";
import { ReasonDialog } from "../parts/reason-dialog.tsx";
import { useTexts } from "../texts/preferences.ts";
import type { Texts } from "../texts/shape.ts";

type RetryOneProps = { readonly callback: Callback; readonly onClose: () => void };

/** Retries a callback, after saying what that would do now. */
export function RetryOne({ callback, onClose }: RetryOneProps) {
  const texts = useTexts();
  const words = texts.failed;
  const { message } = App.useApp();
  const queries = useQueryClient();
  const route = admin.callbacks[":id"];
  const param = { id: callback.id };
  const preflight = useQuery({
    queryKey: ["preflight", callback.id],
    queryFn: async () => answerOf(route.preflight.$get({ param })),
    staleTime: 0,
  });
  const submit = async ({ reason }: { readonly reason: string }) => {
    await answerOf(route.retry.$post({ param, json: { reason } }));
    await queries.invalidateQueries();
    void message.success(words.retried("1"));
  };
  const says = () => {
    if (preflight.error !== null) return sentenceOf(preflight.error, texts);
    if (preflight.data === undefined) return <Spin size="small" aria-label={texts.common.loading} />;
    const { retryable, ruling, summary } = preflight.data;
    return retryable ? (
      <>
        <div>{wordsOf(ruling, texts) ?? summary}</div>
        <div className="code">{summary}</div>
      </>
    ) : (
      words.nothingToDo
    );
  };
  return (
    <ReasonDialog
      title={words.retryTitle}
      does={
        <>
          <b>{words.wouldDo}</b>
          {says()}
        </>
      }
      submit={words.retry}
      onSubmit={submit}
      onClose={onClose}
    />
  );
}

/** The ruling in the person's language; a case's kind stands for the case that would be opened. */
function wordsOf(ruling: string, { ruling: rulings, caseKind, booked }: Texts): string | undefined {
  const sentences: Readonly<Record<string, string | undefined>> = rulings;
  const kinds: Readonly<Record<string, string | undefined>> = caseKind;
  const kind = kinds[ruling];
  return sentences[ruling] ?? (kind === undefined ? undefined : booked(kind));
}
