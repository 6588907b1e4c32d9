import { MoonOutlined, SunOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";

import { usePreferences, useTexts } from "../texts/preferences.ts";

/** Language and appearance, on every page and before signing in. */
export function Switches() {
  const texts = useTexts();
  const { language, appearance, setLanguage, setAppearance } = usePreferences();
  const other = appearance === "dark" ? "light" : "dark";
  return (
    <>
      <Button type="text" title={texts.languageHint} onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
        {texts.language}
      </Button>
      <Tooltip title={texts[other]}>
        <Button
          type="text"
          aria-label={texts[other]}
          icon={appearance === "dark" ? <SunOutlined /> : <MoonOutlined />}
          onClick={() => setAppearance(other)}
        />
      </Tooltip>
    </>
  );
}
