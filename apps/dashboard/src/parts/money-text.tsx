import { useFormat } from "../texts/use-format.ts";

type MoneyTextProps = { readonly amount: string | undefined; readonly currency?: string };

export function MoneyText({ amount, currency }: MoneyTextProps) {
  const { money } = useFormat();
  return <span className="number">{amount === undefined ? "–" : money(amount, currency)}</span>;
}
