import { useSearchParams } from "react-router";

export type Filters = {
  readonly get: (name: string) => string | undefined;
  readonly cursor: string | undefined;
  /** Sets or, with `undefined`, drops filters; the list begins anew. */
  readonly set: (values: Readonly<Record<string, string | undefined>>) => void;
  readonly turnTo: (cursor: string | undefined) => void;
};

/** A list's filters live in the address: they can be sent, kept and gone back to. */
export function useFilters(): Filters {
  const [search, setSearch] = useSearchParams();
  const change = (values: Readonly<Record<string, string | undefined>>) => {
    setSearch((before) => {
      const after = new URLSearchParams(before);
      for (const [name, value] of Object.entries(values)) {
        if (value) after.set(name, value);
        else after.delete(name);
      }
      return after;
    });
  };
  return {
    get: (name) => search.get(name) ?? undefined,
    cursor: search.get("cursor") ?? undefined,
    set: (values) => change({ ...values, cursor: undefined }),
    turnTo: (cursor) => change({ cursor }),
  };
}

/** The word from the address when it is one of these. */
export function oneOf<Word extends string>(
  words: Readonly<Record<Word, string>>,
  text: string | undefined,
): Word | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `hasOwn` has just said that it is one.
  return text !== undefined && Object.hasOwn(words, text) ? (text as Word) : undefined;
}

/** A closed list of words as a select's options. */
export function optionsOf(words: Readonly<Record<string, string>>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}
