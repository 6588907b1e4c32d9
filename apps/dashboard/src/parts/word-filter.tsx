import { Select } from "antd";

import { useTexts } from "../texts/preferences.ts";
import type { Filters } from "./use-filters.ts";
import { optionsOf } from "./use-filters.ts";

type WordFilterProps = {
  readonly filters: Filters;
  readonly name: string;
  readonly label: string;
  readonly words: Readonly<Record<string, string>>;
  readonly value: string | undefined;
  readonly canBeAny?: boolean;
};

/** Filters a list by one word of a closed list. */
export function WordFilter({ filters, name, label, words, value, canBeAny = true }: WordFilterProps) {
  const { common } = useTexts();
  const any = { value: "", label: `${label}: ${common.any}` };
  return (
    <Select
      aria-label={label}
      style={{ minWidth: 180 }}
      value={value ?? ""}
      options={[...(canBeAny ? [any] : []), ...optionsOf(words)]}
      onChange={(chosen) => filters.set({ [name]: chosen })}
    />
  );
}
