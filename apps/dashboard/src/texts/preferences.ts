import { createContext, use } from "react";

import { en } from "./en.ts";
import type { Texts } from "./shape.ts";
import { zh } from "./zh.ts";

export type Language = "zh" | "en";
export type Appearance = "light" | "dark";

export const dictionaries: Readonly<Record<Language, Texts>> = { zh, en };

export type Preferences = {
  readonly language: Language;
  readonly appearance: Appearance;
  readonly setLanguage: (language: Language) => void;
  readonly setAppearance: (appearance: Appearance) => void;
};

export const PreferencesContext = createContext<Preferences | undefined>(undefined);

export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext);
  if (preferences === undefined) throw new Error("outside of the preferences");
  return preferences;
}

export function useTexts(): Texts {
  return dictionaries[usePreferences().language];
}

const keys = { language: "zhanggui.language", appearance: "zhanggui.appearance" };

/** What this browser's person chose before, else what the browser says of them. */
export function rememberedPreferences(): Pick<Preferences, "language" | "appearance"> {
  const language = localStorage.getItem(keys.language);
  const appearance = localStorage.getItem(keys.appearance);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return {
    language: isLanguage(language) ? language : navigator.language.startsWith("zh") ? "zh" : "en",
    appearance: appearance === "dark" || appearance === "light" ? appearance : isDark ? "dark" : "light",
  };
}

export function rememberPreferences({ language, appearance }: Pick<Preferences, "language" | "appearance">): void {
  localStorage.setItem(keys.language, language);
  localStorage.setItem(keys.appearance, appearance);
}

function isLanguage(text: string | null): text is Language {
  return text === "zh" || text === "en";
}
