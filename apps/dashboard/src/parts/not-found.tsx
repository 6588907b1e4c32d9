import { Result } from "antd";
import { Link } from "react-router";

import { useTexts } from "../texts/preferences.ts";

export function NotFound() {
  const { common } = useTexts();
  return <Result status="404" title={common.notFound} extra={<Link to="/">{common.toOverview}</Link>} />;
}
