import { useFormat } from "../texts/use-format.ts";

type TimeTextProps = { readonly at: string | null | undefined };

export function TimeText({ at }: TimeTextProps) {
  const { time } = useFormat();
  if (!at) return <>–</>;
  return (
    <time className="number" dateTime={at} title={at}>
      {time(at)}
    </time>
  );
}
