import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as Notices, ConfigProvider, theme } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useEffect, useMemo, useState } from "react";
import { RouterProvider } from "react-router/dom";

import { ProblemError } from "./api/client.ts";
import { router } from "./routes.tsx";
import { stylesNonce } from "./styles-nonce.ts";
import {
  type Preferences,
  PreferencesContext,
  dictionaries,
  rememberPreferences,
  rememberedPreferences,
} from "./texts/preferences.ts";

const locales = { zh: zhCN, en: enUS };
/** Where Ant Design's own colours stay below WCAG AA: its blue, and the grey of what is said beside. */
const tokens = {
  light: {
    colorPrimary: "#0b57d0",
    colorLink: "#0b57d0",
    colorTextDescription: "#595959",
    colorTextPlaceholder: "#757575",
  },
  dark: {
    colorPrimary: "#0b57d0",
    colorLink: "#7fb0ff",
    colorTextDescription: "#a6a6a6",
    colorTextPlaceholder: "#8c8c8c",
  },
};
const mostRetries = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // A refusal is an answer; only a server that did not answer is asked again.
      retry: (count, error) => count < mostRetries && error instanceof ProblemError && error.code === "unreachable",
    },
  },
});

const csp = stylesNonce === undefined ? {} : { nonce: stylesNonce };

export function App() {
  const [chosen, choose] = useState(rememberedPreferences);
  const { language, appearance } = chosen;
  useEffect(() => {
    rememberPreferences(chosen);
    const { documentElement: page } = document;
    page.lang = language === "zh" ? "zh-CN" : "en";
    page.style.colorScheme = appearance;
    page.dataset["appearance"] = appearance;
    document.title = `${dictionaries[language].name} · ${dictionaries[language].console}`;
  }, [chosen, language, appearance]);

  const preferences = useMemo<Preferences>(
    () => ({
      ...chosen,
      setLanguage: (to) => choose((before) => ({ ...before, language: to })),
      setAppearance: (to) => choose((before) => ({ ...before, appearance: to })),
    }),
    [chosen],
  );
  return (
    <PreferencesContext value={preferences}>
      <ConfigProvider
        csp={csp}
        locale={locales[language]}
        button={{ autoInsertSpace: false }}
        theme={{
          algorithm: appearance === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
          token: tokens[appearance],
          components: { Menu: { itemSelectedColor: tokens[appearance].colorLink } },
        }}
      >
        <Notices>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </Notices>
      </ConfigProvider>
    </PreferencesContext>
  );
}
